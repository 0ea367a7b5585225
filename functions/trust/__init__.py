"""Trust: keys, signatures, attestations and bills of materials, and the checks that an auditor makes of them."""
