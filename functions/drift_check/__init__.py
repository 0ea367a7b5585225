"""Tells when what results and metrics say has drifted."""
