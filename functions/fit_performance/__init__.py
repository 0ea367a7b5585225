"""Fits performance models to uploaded measurements."""
