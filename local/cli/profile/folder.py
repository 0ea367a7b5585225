"""A campaign's folder: the plan, a file for each run that has ended, and at the end the report and its tables.

A run is done once its file is there, which appears in one step. Whatever else lies here can be lost.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from functions.continuum.data_sizes import write_data_sizes
from functions.profiling.campaign import Campaign, FinishedRun, Report
from functions.profiling.data_sizes import data_sizes
from functions.profiling.jobs import jobs
from functions.profiling.writing import write_tables
from functions.runtime.errors import Rejected

M = TypeVar("M", bound=BaseModel)


class CampaignFolder:
    """Where a campaign keeps what it knows."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def plane(self) -> Path:
        """The home of the campaign's own store, broker and workers: emptied before each testing unit."""
        return self.path / "plane"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one program at a time work on the campaign.

        Raises:
            Rejected: Another one does.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                hint = "wait until it ends, or stop it"
                raise Rejected(f"another noria profile works on {self.path}", hint=hint) from None
            yield

    @property
    def token(self) -> str:
        """Eight digits that this campaign's things have in their names, wherever they are; drawn once."""
        path = self.path / "token"
        if not path.is_file():
            _put(path, secrets.token_hex(4).encode())
        found = path.read_text(errors="replace").strip()
        if not re.fullmatch("[0-9a-f]{8}", found):
            raise Rejected(f"{path} is damaged", hint="begin anew in another folder (--output)")
        return found

    def begin(self, campaign: Campaign, *, resume: bool, clusters: Mapping[str, str] | None = None) -> None:
        """Write the plan, or make sure that the one here is the same.

        Args:
            clusters: Resource -> address, of a campaign that is not carried out on this machine.

        Raises:
            Rejected: A campaign is here that must not be mixed with this one.
        """
        plan, places = self.path / "campaign.json", self.path / "clusters.json"
        where = (json.dumps(clusters or {}, indent=1, sort_keys=True) + "\n").encode()
        done = len(list((self.path / "runs").glob("*.json")))
        if not done:
            _write(plan, campaign)
            _put(places, where)
            return
        if not resume:
            said = f"{self.path} has a campaign already, with {done} of its runs"
            raise Rejected(said, hint="go on with it (--resume), choose another folder (--output), or remove it")
        if _read(plan, Campaign) != campaign:
            hint = "give what it was begun with, choose another folder (--output), or remove it"
            raise Rejected(f"the campaign in {self.path} was planned otherwise", hint=hint)
        if (places.read_bytes() if places.is_file() else b"{}\n") != where:
            raise Rejected(f"the campaign in {self.path} was begun on other clusters (--on)", hint=f"see {places}")

    def finished(self, name: str) -> FinishedRun | None:
        """Give what became of a run; None of one that has not ended."""
        path = self.path / "runs" / f"{name}.json"
        return _read(path, FinishedRun) if path.exists() else None

    def keep(self, run: FinishedRun) -> None:
        """Note that a run has ended."""
        _write(self.path / "runs" / f"{run.name}.json", run)

    def sample(self, service: str) -> Path | None:
        """Give the file that a service is sent when it is tested alone, once one is kept."""
        return next(iter(_files(self.path / "inputs" / service)), None)

    def beside(self, service: str) -> list[Path]:
        """Give the files that came with it."""
        return _files(self.path / "inputs" / service / "beside")

    def keep_sample(self, service: str, name: str, content: bytes, *, beside: Mapping[str, bytes]) -> None:
        """Keep what a service was given in a run of the whole workflow, what came with it first."""
        folder = self.path / "inputs" / service
        for other, data in beside.items():
            _put(folder / "beside" / other, data)
        _put(folder / name, content)

    def write(self, report: Report) -> list[Path]:
        """Write the report, what components send and all tables; gives the files."""
        made = [self.path / "report.json", self.path / "components_data_size.yaml"]
        _write(made[0], report)
        _put(made[1], write_data_sizes(data_sizes(jobs(report))).encode())
        tables = self.path / "tables"
        shutil.rmtree(tables, ignore_errors=True)
        return [*made, *write_tables(report, lambda name: tables / name)]


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("[!.]*")) if path.is_file()]


def _write(path: Path, document: BaseModel) -> None:
    _put(path, (document.model_dump_json(indent=1) + "\n").encode())


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _read(path: Path, model: type[M]) -> M:
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError:
        raise Rejected(f"{path} is damaged", hint="remove it: what it told is measured anew (--resume)") from None
