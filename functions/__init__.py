"""The functions, one folder each, and the runtime that runs them."""
