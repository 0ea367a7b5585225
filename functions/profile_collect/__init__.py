"""The function ``profile-collect``."""
