"""HDF5 files as h5py writes them by default (format specification 3.0: superblock 0, object headers 1), read in Python.

libhdf5 is C code with a past; what it would follow or allocate is known and bounded here before it sees the file.
Whatever of the format such files do not use is refused.
"""

from functions.models.hdf5.datasets import Dataset
from functions.models.hdf5.groups import datasets

__all__ = ["Dataset", "datasets"]
