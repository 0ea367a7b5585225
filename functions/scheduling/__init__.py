"""Training jobs on nodes with GPUs: who runs when, where and on how many, at least cost and tardiness."""
