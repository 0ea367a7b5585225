"""TOSCA (Simple Profile in YAML 1.0) for the Infrastructure Manager, with GRyCAP's node types."""
