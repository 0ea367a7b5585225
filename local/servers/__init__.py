"""Configuration of servers that others run: a NATS cluster, MinIO, RustFS, SeaweedFS, each from the FDL."""
