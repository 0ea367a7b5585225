"""sign-bom: bills of materials, attestations and signatures for committed training results."""
