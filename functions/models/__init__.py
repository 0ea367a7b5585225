"""What is known of an uploaded model before any framework opens it."""
