"""Scripts for any S3 and any NATS, without the rest of noria: ``python -m events.scripts.NAME --help``."""
