"""This machine: the command line, the embedded store and broker, and what keeps them running."""
