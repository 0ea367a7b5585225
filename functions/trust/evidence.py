"""Evidence: the files that a signed folder holds beside what was made, and the names that they have."""

BOM = "bom.cdx.json"
"""The bill of materials."""
BOM_ENVELOPE = "bom.dsse.json"
"""The bill as signed statement about every file of the result and about the bill's own bytes."""
BOM_SIGNATURE = "bom.sig"
"""The raw signature over the bill's bytes, for ``openssl dgst -verify``."""
PROVENANCE = "provenance.dsse.json"
LINK_SUFFIX = ".link.dsse.json"
OWN_LINK = f"sign-bom{LINK_SUFFIX}"
"""The signer's own step; the others' links have their run in the name."""
MODEL_SIGNATURE = "model.sig"
"""The OpenSSF model signature over every other file of the folder."""
CERTIFICATE = "certificate.pem"
"""The signer's certificate and what lies between it and its CA; only where a CA vouches for the key."""
KEYLESS = "bom.sigstore.json"
"""A Sigstore bundle over the bill's bytes, where one was asked for."""

TRAINED = "trained_model"
"""Name of every model that a training gives, before its ending."""

NAMES = (BOM, BOM_ENVELOPE, BOM_SIGNATURE, PROVENANCE, MODEL_SIGNATURE, CERTIFICATE, KEYLESS)


def link_name(function: str, run: str) -> str:
    """Name the link of a step: ``train-on-upload.1a2b3c4d.link.dsse.json``."""
    return f"{function}.{run[:8]}{LINK_SUFFIX}"


def is_evidence(name: str) -> bool:
    """Tell whether a file's name is one that the signer alone gives."""
    return name in NAMES or name.endswith(LINK_SUFFIX)
