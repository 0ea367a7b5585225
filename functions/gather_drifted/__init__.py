"""Makes training sets of drifted tables, once enough of their rows have labels."""
