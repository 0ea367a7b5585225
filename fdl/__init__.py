"""Pipelines: one YAML file each, in OSCAR's or SCAR's Functions Definition Language, and what reads and checks them.

What it gives is imported when it is asked for: 50 models take a process's start to build.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fdl.checks import buckets, check, missing_buckets
    from fdl.errors import FdlError
    from fdl.model import Pipeline, Service
    from fdl.problem import Problem
    from fdl.reader import load, loads
    from fdl.storage import OutputPath, StoragePath, StorageProviders
else:
    _MODULES = {
        "checks": ("buckets", "check", "missing_buckets"),
        "errors": ("FdlError",),
        "model": ("Pipeline", "Service"),
        "problem": ("Problem",),
        "reader": ("load", "loads"),
        "storage": ("OutputPath", "StoragePath", "StorageProviders"),
    }
    _MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

    def __getattr__(name: str) -> object:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


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
