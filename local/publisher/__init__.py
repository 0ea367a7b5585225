"""Announces the embedded store's new objects on JetStream, in MinIO's own words."""
