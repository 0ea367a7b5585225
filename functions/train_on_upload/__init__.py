"""Train an uploaded model on uploaded data."""
