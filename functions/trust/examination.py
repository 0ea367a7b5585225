"""Examination: what the signer looks at before it signs; only what ledger, record and bytes agree on passes.

Whoever trains has no key, and whoever has the key believes nobody: every input and output is read from the store again,
and its digest is compared with the ledger's commit record and with what the trainer wrote down.
"""

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Protocol

from functions.runtime.errors import MissingError
from functions.runtime.runs import Run, StoredObject
from functions.runtime.settings import nearest
from functions.training.record import RECORD, TrainingRecord
from functions.trust.errors import TrustError
from functions.trust.evidence import is_evidence
from functions.trust.metrics import doubts_of_metrics
from functions.trust.plausibility import doubts
from functions.trust.recipe import doubts_of_definition
from functions.trust.weights import doubts_of_models


class Reader(Protocol):
    """Where object versions are read from; a handler's context is one."""

    def read(self, one: StoredObject) -> Path:
        """Give a local copy of exactly this version."""

    def digest(self, path: Path) -> str:
        """Give the SHA-256 of a file that ``read`` gave."""


@dataclass(frozen=True)
class Examined:
    """A training result that passed: the record, and each output's local file and digest by its name."""

    record: TrainingRecord
    files: Mapping[str, Path]
    digests: Mapping[str, str]


def examine(run: Run, reader: Reader, *, functions: Collection[str], versions: Collection[str]) -> Examined:
    """Hold the commit record of a training run, its ``run.json`` and all bytes against one another.

    Args:
        run: The commit record that the ledger has of the run.
        functions: Functions whose results are signed.
        versions: Versions of them.

    Raises:
        TrustError: They do not agree, or the training did nothing, or another thing than was asked for.
    """
    _check_run(run, functions, versions)
    stored = _by_name(run)
    if RECORD not in stored:
        raise TrustError("E_RECORD", f"the run {run.name} committed no {RECORD}")
    files = {name: _read(one, reader) for name, one in stored.items()}
    record = TrainingRecord.from_json(files[RECORD].read_bytes())
    _check_outputs(record, stored)
    given = _check_inputs(record, run, reader)
    if record.environment.image and run.image and record.environment.image != run.image:
        raise TrustError("E_RECORD", f"the record names the image {record.environment.image}, the ledger {run.image}")
    for doubt in chain(doubts(record), _doubts_of_files(record, files, given)):
        raise doubt
    return Examined(record, files, {name: one.sha256 for name, one in stored.items()})


def _doubts_of_files(
    record: TrainingRecord, files: Mapping[str, Path], given: Mapping[str, Path]
) -> Iterator[TrustError]:
    """Give what the bytes of inputs and outputs contradict."""
    name = record.input("definition").name
    with TemporaryDirectory(prefix="sign-") as folder:
        own = Path(folder, PurePosixPath(name).name)  # its ending says how it is read
        shutil.copyfile(given[name], own)
        yield from doubts_of_definition(record, own)
    yield from doubts_of_metrics(record, files)
    yield from doubts_of_models(record, files, given[record.input("model").name])


def _check_run(run: Run, functions: Collection[str], versions: Collection[str]) -> None:
    if run.state != "committed":
        raise TrustError("E_NOT_COMMITTED", f"the run {run.name} is {run.state}, not committed")
    if run.function not in functions:
        known = nearest(run.function, functions)
        raise TrustError("E_FUNCTION_UNKNOWN", f"{run.function} is no function whose results are signed{known}")
    if run.version not in versions:
        said = f"{run.function} {run.version or 'without version'} is not a registered version"
        raise TrustError("E_VERSION_UNKNOWN", said, hint="SIGN_BOM_VERSIONS lists those whose results are signed")


def _by_name(run: Run) -> dict[str, StoredObject]:
    found = {PurePosixPath(one.key).name: one for one in run.outputs}
    folders = {(one.bucket, str(PurePosixPath(one.key).parent)) for one in run.outputs}
    if len(found) < len(run.outputs) or len(folders) != 1:
        raise TrustError("E_RECORD", f"the outputs of {run.name} do not lie in one folder")
    taken = sorted(filter(is_evidence, found))
    if taken:
        raise TrustError("E_FILE_ADDED", f"{run.name} made {taken[0]}, a name that only the signer gives")
    return found


def _read(one: StoredObject, reader: Reader) -> Path:
    """Read an object again, and compare its bytes with the ledger's."""
    name = f"{one.bucket}/{one.key}"
    try:
        path = reader.read(one)
    except MissingError as error:
        raise TrustError("E_FILE_MISSING", f"{name} is not what the ledger says was there: {error.message}") from error
    if not one.sha256 or reader.digest(path) != one.sha256:
        raise TrustError("E_FILE_CHANGED", f"the bytes of {name} are not those that the ledger has the digest of")
    return path


def _check_outputs(record: TrainingRecord, stored: Mapping[str, StoredObject]) -> None:
    said = {each.name: (each.sha256, each.size) for each in record.outputs}
    there = {name: (one.sha256, one.size) for name, one in stored.items() if name != RECORD}
    for name in sorted(said.keys() | there.keys()):
        if name not in there:
            raise TrustError("E_FILE_MISSING", f"{RECORD} names {name}, and the run did not commit it")
        if name not in said:
            raise TrustError("E_FILE_ADDED", f"the run committed {name}, and {RECORD} does not name it")
        if said[name] != there[name]:
            raise TrustError("E_FILE_CHANGED", f"{RECORD} and the ledger have different digests of {name}")


def _check_inputs(record: TrainingRecord, run: Run, reader: Reader) -> dict[str, Path]:
    """Hold what was trained on against what the ledger says was read, and read it again; gives it by name."""
    members = {PurePosixPath(one.key).name: one for one in run.members or (run.input,)}
    given = {}
    for each in record.inputs:
        one = members.get(each.name)
        if one is None:
            raise TrustError(
                "E_INPUT_UNKNOWN", f"{RECORD} says that {each.name} was used, and {run.name} did not read it"
            )
        if (one.sha256, one.size) != (each.sha256, each.size):
            said = f"{each.name} was trained on with other bytes than {run.name} read from the store"
            raise TrustError("E_INPUT_CHANGED", said)
        given[each.name] = _read(one, reader)
    extra = sorted(members.keys() - {each.name for each in record.inputs})
    if extra:
        raise TrustError("E_INPUT_UNKNOWN", f"{run.name} read {extra[0]}, and {RECORD} does not name it")
    return given
