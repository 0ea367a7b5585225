"""An uploaded application is designed: see README.md."""
