"""Benchmarks: ``python -m tests.performance [event-path|idle|vision]``; figures and ratios, nothing is asserted."""
