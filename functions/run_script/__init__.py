"""Run a service's own script on each object, as OSCAR's supervisor does."""
