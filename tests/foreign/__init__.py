"""Checkers that others wrote and that are no Python packages of ours: where they come from and where they are kept."""
