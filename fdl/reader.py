"""FDL files to pipelines."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from fdl import quantities
from fdl.document import LARGEST, Document, Place, Plain, parse
from fdl.errors import FdlError, nearest
from fdl.form import Form
from fdl.model import Pipeline, Service
from fdl.oscar import Cluster, OscarService
from fdl.problems import sentence
from fdl.scar import MEBIBYTE, ScarFunction
from fdl.storage import StorageProviders

_TOP = ("functions", "storage_providers", "clusters")
_PLATFORMS = ("oscar", "aws")

# Of one part of a file: naming the nearest known field of thousands would take minutes.
_MOST_PROBLEMS = 50

FormType = TypeVar("FormType", bound=Form)


def load(path: str | os.PathLike[str]) -> Pipeline:
    """Read an FDL file, OSCAR's or SCAR's.

    Raises:
        FdlError: It cannot be opened, or is not FDL; every problem is named at once.
    """
    source = str(path)
    try:
        with Path(path).open("rb") as file:
            text = file.read(LARGEST + 1).decode("utf-8-sig")
    except OSError as error:
        raise FdlError(source, [f"cannot be opened: {(error.strerror or 'not a path').lower()}"]) from error
    except UnicodeDecodeError as error:
        raise FdlError(source, ["is not UTF-8 text"]) from error
    return loads(text, source=source)


def loads(text: str, *, source: str = "this text") -> Pipeline:
    """Read FDL; ``source`` is what messages call it.

    Raises:
        FdlError: It is not FDL; every problem is named at once.
    """
    document = parse(text, source)
    reader = _Reader(document)
    functions = document.content.get("functions")
    if not isinstance(functions, dict):
        raise FdlError(
            source, [_no_functions(document.content)], hint="an FDL file has functions.oscar or functions.aws"
        )
    services = [*reader.services(functions)]
    pipeline = Pipeline(
        source=source,
        services=tuple(services),
        storage_providers=reader.form(StorageProviders, "storage providers", ("storage_providers",))
        or StorageProviders(),
        clusters=dict(reader.clusters()),
    )
    reader.unknown(document.content, _TOP, "a field of FDL", ())
    if reader.problems:
        raise FdlError(source, [text for _, text in sorted(reader.problems)])
    return pipeline


class _Reader:
    """Reads part after part and keeps going, so that all problems of a file come at once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[tuple[int, str]] = []

    def services(self, functions: Mapping[str, Plain]) -> Iterator[Service]:
        self.unknown(functions, _PLATFORMS, "a platform", ("functions",))
        for cluster, place in self._oscar(functions.get("oscar")):
            service = self.form(OscarService, "an OSCAR service", place)
            if service:
                yield _from_oscar(service, cluster, self.document.line(place))
        for place in self._entries(functions.get("aws"), ("functions", "aws")):
            function = self.form(ScarFunction, "a SCAR function", place)
            if function:
                yield _from_scar(function, self.document.line(place))
        if not self.problems and not any(functions.get(platform) for platform in _PLATFORMS):
            self._problem("there is no function in functions", ("functions",))

    def clusters(self) -> Iterator[tuple[str, Cluster]]:
        clusters = self.document.content.get("clusters") or {}
        if not isinstance(clusters, dict):
            self._problem("clusters is not a mapping of clusters", ("clusters",))
            return
        for name in clusters:
            cluster = self.form(Cluster, "an OSCAR cluster", ("clusters", name))
            if cluster:
                yield name, cluster

    def form(self, kind: type[FormType], called: str, place: Place) -> FormType | None:
        try:
            return kind.model_validate(self._at(place))
        except ValidationError as error:
            for each in error.errors(include_url=False)[:_MOST_PROBLEMS]:
                self._problem(sentence(each, kind, called), (*place, *each["loc"]))
            return None

    def unknown(self, given: Mapping[str, Plain], known: tuple[str, ...], called: str, place: Place) -> None:
        for name in [name for name in given if name not in known][:_MOST_PROBLEMS]:
            self._problem(f"{name[:80]} is not {called}{nearest(name, known)}", (*place, name))

    def _oscar(self, entries: Plain) -> Iterator[tuple[str, Place]]:
        for place in self._entries(entries, ("functions", "oscar")):
            entry = self._at(place)
            if not isinstance(entry, dict) or not entry:
                self._problem("an entry of functions.oscar is a cluster's name with a service below it", place)
                continue
            for cluster in entry:
                yield cluster, (*place, cluster)

    def _entries(self, entries: Plain, place: Place) -> Iterator[Place]:
        if entries is None:
            return
        if not isinstance(entries, list):
            self._problem(f"{'.'.join(map(str, place))} is not a list of functions", place)
            return
        for number in range(len(entries)):
            yield (*place, number)

    def _at(self, place: Place) -> Plain:
        found: Any = self.document.content
        for part in place:
            found = found.get(part) if isinstance(found, Mapping) else found[part]
        return cast("Plain", found)

    def _problem(self, text: str, place: Place) -> None:
        line = self.document.line(place)
        self.problems.append((line, f"line {line}: {text}"))


def _no_functions(content: Mapping[str, Plain]) -> str:
    if "apiVersion" in content and "kind" in content:
        return f"is a Kubernetes {content['kind']}, not FDL"
    if isinstance(content.get("functions"), list):
        return "functions is a list, as in an older format of SCAR, not FDL"
    if "functions" in content:
        return "functions is empty or not a mapping of platforms"
    return f"has no functions{nearest('functions', content)}"


def _from_oscar(given: OscarService, cluster: str, line: int) -> Service:
    return Service(
        name=given.name,
        cluster=cluster,
        platform="oscar",
        image=given.image,
        script=given.script,
        cpu=quantities.cpus(given.cpu),
        memory=quantities.memory(given.memory),
        environment=given.environment.variables,
        secrets=given.environment.secrets,
        log_level=given.log_level,
        inputs=tuple(each.source() for each in given.input),
        outputs=tuple(each.target() for each in given.output),
        line=line,
        oscar=given,
    )


def _from_scar(given: ScarFunction, line: int) -> Service:
    function, batch = given.function, given.batch
    as_batch = function.execution_mode == "batch"
    return Service(
        name=function.name,
        cluster=function.region,
        platform="aws",
        image=function.container.image or function.container.image_file,
        script=function.init_script or function.run_script,
        cpu=batch.vcpus if as_batch else quantities.lambda_cpus(function.memory),
        memory=(batch.memory if as_batch else function.memory) * MEBIBYTE,
        environment={
            **function.environment.variables,
            **(batch.environment.variables if as_batch else {}),
            **function.container.environment.variables,
        },
        secrets={**function.environment.secrets, **function.container.environment.secrets},
        log_level=function.log_level,
        inputs=tuple(each.source() for each in function.input),
        outputs=tuple(each.target() for each in function.output),
        line=line,
        aws=given,
    )
