"""Profiling an application: campaigns of runs as OSCAR-P plans them, and tables of what their commit records say."""
