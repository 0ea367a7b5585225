"""Drift told from values."""
