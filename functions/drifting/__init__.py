"""Drift: has what a metric says changed since its reference, told with a rate of false alarms that is known."""
