"""Where the parts of an application run at least cost: the system, the exact evaluator, the solvers."""
