"""Watches whether what runs keeps its quality-of-service constraints."""
