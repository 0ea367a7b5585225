"""Origins: the data is what was trained on, and every step back to the first uploads is vouched for."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from functions.runtime.errors import FunctionError
from functions.runtime.hashing import sha256_of_file
from functions.trust.errors import TrustError
from functions.trust.evidence import BOM, LINK_SUFFIX, OWN_LINK, PROVENANCE
from functions.trust.statements import Statement, resources
from functions.trust.verification.evidence import Evidence
from functions.trust.verification.folder import Folder
from functions.trust.verification.verdict import Checks

Fetch = Callable[[str, str], Path | None]
"""Gives a local copy of the object at ``s3://bucket/key`` with that ETag, whatever it holds; None if it cannot."""


def check_data(
    folder: Folder, evidence: Evidence, places: Sequence[Path], fetch: Fetch | None, checks: Checks
) -> dict[str, Path]:
    """Hold what the training was given against the digests that were signed; gives the unchanged files by name.

    Args:
        places: Folders that copies of the inputs may lie in.
        fetch: Reads them from where the provenance says they lay; None where there is no store.
    """
    facts = evidence.facts
    if facts is None:
        checks.skipped("data", BOM, "N_NOT_SIGNED", "what was trained on is not known without a trusted bill")
        return {}
    found: dict[str, Path] = {}
    where = _places(evidence.statements.get(PROVENANCE))
    for name, sha256 in sorted(facts.inputs.items()):
        with checks.trying("data", name):
            path = (
                _find(places, name) or _within(folder, name, sha256, facts.outputs) or _fetched(where.get(name), fetch)
            )
            if path is None:
                said = f"{name} is not here, so whether it is unchanged was not checked"
                checks.skipped("data", name, "N_NOT_HERE", said, hint="--inputs FOLDER")
                continue
            inside = path.is_relative_to(folder.root)
            found_digest = folder.digest(path.relative_to(folder.root).as_posix()) if inside else sha256_of_file(path)
            if found_digest != sha256:
                raise TrustError("E_DATA_CHANGED", f"{name} is not what was trained on")
            checks.ok("data", name, f"what was trained on, SHA-256 {sha256[:16]}")
            found[name] = path
    return found


def check_lineage(evidence: Evidence, checks: Checks) -> None:
    """Follow every input of every step to the step that made it, or to a first upload."""
    facts, provenance = evidence.facts, evidence.statements.get(PROVENANCE)
    if facts is None or provenance is None:
        checks.skipped("lineage", PROVENANCE, "N_NOT_SIGNED", "there is no trusted provenance to follow")
        return
    with checks.trying("lineage", PROVENANCE):
        trusted = {name: each for name, each in evidence.links.items() if name in evidence.attestations}
        links = {_run(each): each for each in trusted.values()}
        for step in facts.steps:
            if step not in links:
                raise TrustError("E_LINEAGE", f"no link of a trusted key is about the step {step[:40]}")
        missing = list(_strings(_lineage(provenance).get("missing")))
        if missing:
            raise TrustError("E_LINEAGE", f"the ledger had no record of {missing[0][:40]} when it was signed")
        _check_last(links[facts.run], facts.outputs, facts.inputs)
        own = evidence.links.get(OWN_LINK)
        if own is None or own.subjects != {BOM: facts.sha256}:
            raise TrustError("E_LINEAGE", f"{OWN_LINK} is not about this {BOM}")
        made = {item for each in links.values() for item in each.subjects.items()}
        uploads = resources(_lineage(provenance).get("uploads"), PROVENANCE)
        for name, each in trusted.items():
            for item in resources(each.predicate.get("materials"), name).items():
                if item not in made and item not in uploads.items():
                    raise TrustError(
                        "E_LINEAGE", f"{item[0]} is neither a first upload nor made by a step that is known"
                    )
        checks.ok("lineage", PROVENANCE, f"steps known: {len(links)}, back to first uploads: {len(uploads)}")


def _check_last(link: Statement, outputs: Mapping[str, str], inputs: Mapping[str, str]) -> None:
    """Hold the link of the training against the bill: it read the inputs and made the outputs, and nothing else."""
    name = f"{link.predicate.get('name')!s}{LINK_SUFFIX}"
    made = {path.rpartition("/")[2]: sha256 for path, sha256 in link.subjects.items()}
    read = {path.rpartition("/")[2]: each for path, each in resources(link.predicate.get("materials"), name).items()}
    for said, wanted, verb in ((made, outputs, "made"), (read, inputs, "read")):
        differing = sorted(each for each in said.keys() | wanted.keys() if said.get(each) != wanted.get(each))
        if differing:
            raise TrustError("E_LINEAGE", f"the training's link and {BOM} do not agree that it {verb} {differing[0]}")


def _lineage(provenance: Statement) -> Mapping[str, object]:
    definition = provenance.predicate.get("buildDefinition")
    inner = definition.get("internalParameters") if isinstance(definition, dict) else None
    lineage = inner.get("lineage") if isinstance(inner, dict) else None
    if not isinstance(lineage, dict):
        raise TrustError("E_LINEAGE", f"{PROVENANCE} does not say where the inputs come from")
    return lineage


def _run(link: Statement) -> str:
    byproducts = link.predicate.get("byproducts")
    return str(byproducts.get("run", "")) if isinstance(byproducts, dict) else ""


def _strings(listed: object) -> Iterator[str]:
    return (str(each) for each in (listed if isinstance(listed, list) else ()))


def _find(places: Sequence[Path], name: str) -> Path | None:
    """Look for an input by its name in the given places; there a person may have put a link to it."""
    return next(((place / name).resolve() for place in places if (place / name).is_file()), None)


def _within(folder: Folder, name: str, sha256: str, outputs: Collection[str]) -> Path | None:
    """Look for it in the folder, by its name or its content; a result may have the name of what it was made from."""
    others = [each for each in folder.names if each not in outputs]
    same = (each for each in others if each.rpartition("/")[2] == name or folder.digest(each) == sha256)
    return next((folder.root / each for each in same), None)


def _fetched(where: tuple[str, str] | None, fetch: Fetch | None) -> Path | None:
    if where is None or fetch is None:
        return None
    try:
        return fetch(*where)
    except FunctionError:
        return None


def _places(provenance: Statement | None) -> dict[str, tuple[str, str]]:
    """Map the name of each input to its URI and ETag."""
    definition = provenance.predicate.get("buildDefinition") if provenance else None
    listed = definition.get("resolvedDependencies") if isinstance(definition, dict) else None
    return {
        str(each.get("name")): (str(each["uri"]), str(each.get("annotations", {}).get("etag", "")))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and isinstance(each.get("uri"), str)
    }
