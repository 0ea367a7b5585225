"""OSCAR's own client, beside our packages (Makefile): it brings aiohttp, and nats-py imports what it finds."""

import sys
from pathlib import Path

sys.path.append(str(Path(sys.prefix, "oscar-python")))

from oscar_python.client import Client

__all__ = ["Client"]
