"""A production deployment as files that platforms take: FDL for OSCAR, TOSCA for the Infrastructure Manager."""
