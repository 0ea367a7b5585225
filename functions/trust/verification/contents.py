"""Contents: every file that was signed is there, unchanged, under its name, and no other file is."""

from collections.abc import Iterator, Mapping

from functions.trust.documents import safe_name
from functions.trust.errors import TrustError
from functions.trust.evidence import (
    BOM,
    BOM_ENVELOPE,
    LINK_SUFFIX,
    MODEL_SIGNATURE,
    NAMES,
    OWN_LINK,
    PROVENANCE,
    TRAINED,
)
from functions.trust.verification.evidence import Evidence
from functions.trust.verification.folder import Folder
from functions.trust.verification.verdict import Checks

INPUTS = "inputs/"
"""Folder within the signed one that may have copies of what was trained on."""


def check_contents(folder: Folder, evidence: Evidence, given: Mapping[str, str], checks: Checks) -> None:
    """Hold the folder against all that was signed about its files.

    Args:
        given: Name -> digest of what the training was given; a copy may lie there by its name, or in ``inputs``.
    """
    expected = _expected(evidence, checks)
    if not expected:
        sentence = "no statement of a trusted key says what belongs in the folder"
        checks.skipped("folder", ".", "N_NOT_SIGNED", sentence)
        return
    unknown = _unknown(folder, evidence, expected)
    copies = [name for name in unknown if _is_copy(folder, name, given)]
    extra = [name for name in unknown if name not in copies]
    renamed = {old: new for new in extra for old in _missing(folder, expected) if expected[old] == folder.digest(new)}
    for name, sha256 in sorted(expected.items()):
        with checks.trying("file", name):
            if name in renamed:
                raise TrustError("E_FILE_RENAMED", f"{name} is there under another name: {renamed[name]}")
            _check_file(folder, name, sha256, expected)
            checks.ok("file", name, f"unchanged, SHA-256 {sha256[:16]}")
    odd = [f"{name} is a link or a device, not a file" for name in folder.oddities]
    added = [f"{name} is not among the signed files" for name in extra if name not in renamed.values()]
    for sentence in (*odd, *added):
        checks.failed("folder", sentence.partition(" is ")[0], TrustError("E_FILE_ADDED", sentence))
    if not odd and not extra:
        beside = f", and {len(copies)} of what was trained on: {', '.join(copies)}" if copies else ""
        checks.ok("folder", ".", f"nothing but the {len(expected)} signed files and their signatures{beside}")


def _expected(evidence: Evidence, checks: Checks) -> dict[str, str]:
    """Put together what each trusted statement says; two must not say different things of one file."""
    sources: list[tuple[str, Mapping[str, str]]] = [
        (name, evidence.statements[name].subjects) for name in (BOM_ENVELOPE, PROVENANCE) if name in evidence.statements
    ]
    if evidence.facts:
        sources += [(BOM, evidence.facts.outputs), (BOM, evidence.attestations)]
    if evidence.manifest:
        sources.append((MODEL_SIGNATURE, evidence.manifest.files))
    expected: dict[str, tuple[str, str]] = {}
    for source, files in sources:
        for name, sha256 in files.items():
            with checks.trying("statement", source):
                first, said = expected.setdefault(safe_name(name), (source, sha256))
                if said != sha256:
                    raise TrustError("E_AGREEMENT", f"{source} and {first} name different digests of {name}")
    _check_manifest(evidence, set(expected), checks)
    return {name: sha256 for name, (_, sha256) in expected.items()}


def _check_manifest(evidence: Evidence, expected: set[str], checks: Checks) -> None:
    """Hold the model signature to covering all: it is what other people's tools look at."""
    if evidence.manifest is None or evidence.facts is None:
        return
    with checks.trying("statement", MODEL_SIGNATURE):
        left = sorted(expected - set(evidence.manifest.files))
        if left or set(evidence.manifest.ignored) != {MODEL_SIGNATURE} or evidence.manifest.hash_type != "sha256":
            raise TrustError("E_AGREEMENT", f"{MODEL_SIGNATURE} leaves out {', '.join(left) or 'files by name'}")
        checks.ok("statement", MODEL_SIGNATURE, "covers every file of the folder")


def _check_file(folder: Folder, name: str, sha256: str, expected: Mapping[str, str]) -> None:
    if name not in folder.names:
        raise TrustError("E_FILE_MISSING", f"{name} was signed and is missing")
    found = folder.digest(name)
    if found == sha256:
        return
    other = next((each for each, digest in expected.items() if digest == found), None)
    if other:
        raise TrustError("E_FILE_RENAMED", f"{name} holds what was signed as {other}")
    raise TrustError("E_FILE_CHANGED", f"{name} is not the file that was signed")


def _missing(folder: Folder, expected: Mapping[str, str]) -> Iterator[str]:
    return (name for name in expected if name not in folder.names)


def _unknown(folder: Folder, evidence: Evidence, expected: Mapping[str, str]) -> tuple[str, ...]:
    """Name the files that nobody signed and that are no evidence that belongs here."""
    named = {*expected, MODEL_SIGNATURE}
    if evidence.manifest is None:  # an Ed25519 key signs no manifest
        named |= {*NAMES, OWN_LINK}
    if evidence.facts is None:
        named |= {*evidence.links}
    return tuple(name for name in folder.names if name not in named)


def _is_copy(folder: Folder, name: str, given: Mapping[str, str]) -> bool:
    """Tell whether a file is an input's copy that nobody takes for a result: under its own name, or below ``inputs``.

    The untrained model under the trained one's name would otherwise be what a person picks from the folder.
    """
    own = name.removeprefix(INPUTS)
    if own not in given or own.endswith(LINK_SUFFIX) or (name == own and own.startswith(f"{TRAINED}.")):
        return False
    return folder.digest(name) == given[own]
