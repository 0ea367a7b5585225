"""Platforms elsewhere that a pipeline can run on: what of each is made from its FDL, and how it gets there."""

from importlib import import_module

from local.platforms.target import Platform

PLATFORMS = {"oscar": "oscar", "knative": "knative", "lambda": "aws_lambda"}
"""What ``noria deploy --to`` takes, and the package here that each is in; its ``PLATFORM`` does the work."""


def platform(name: str) -> Platform:
    """Give a platform of ``PLATFORMS``, imported only now."""
    found: Platform = import_module(f"local.platforms.{PLATFORMS[name]}").PLATFORM
    return found
