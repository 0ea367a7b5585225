"""``python -m local.cli`` is ``noria``."""

from local.cli import main

main()
