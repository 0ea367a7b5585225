"""The function ``optimize``."""
