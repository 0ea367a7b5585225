"""Benchmarks: ``python -m tests.performance [event-path|idle|load|burst|vision]``; figures, nothing is asserted."""
