"""Succession: how one model takes the place of another, and what is written of that."""
