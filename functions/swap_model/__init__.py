"""Puts a verified model in place of another if it is better on rows kept from its training, and back if asked to."""
