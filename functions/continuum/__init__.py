"""The files that describe an application on edge and cloud: its parts, where they may run, what they must keep."""
