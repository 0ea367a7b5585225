"""Pipelines: one YAML file each, in OSCAR's or SCAR's Functions Definition Language, and what reads and checks them."""

from fdl.checks import buckets, check, missing_buckets
from fdl.errors import FdlError
from fdl.model import Pipeline, Service
from fdl.problem import Problem
from fdl.reader import load, loads
from fdl.storage import OutputPath, StoragePath, StorageProviders

__all__ = [
    "FdlError",
    "OutputPath",
    "Pipeline",
    "Problem",
    "Service",
    "StoragePath",
    "StorageProviders",
    "buckets",
    "check",
    "load",
    "loads",
    "missing_buckets",
]
