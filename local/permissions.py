"""Least privilege: what one function of a pipeline may touch, derived from the FDL and from nothing else."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fdl import Pipeline, Problem, Service
from fdl.problem import where
from functions.runtime.publication import FAILURE_SUFFIX

READS, LISTS = "NORIA_READS", "NORIA_LISTS"
RESERVED = {
    "operator": "the keys of whoever runs noria",
    "publisher": "the keys of the publisher",
    "clock": "a folder of the ledger",
    "dead-letters": "a folder of the ledger",
}


@dataclass(frozen=True)
class Grants:
    """Folders as ``bucket/prefix`` without a slash at the end; a function reads and writes below them only.

    It lists what it writes, to find what a lost attempt has left, and what ``list`` names.
    """

    read: tuple[str, ...]
    write: tuple[str, ...]
    list: tuple[str, ...] = ()


def grants(service: Service, services: Iterable[Service], ledger: str) -> Grants:
    """Give what ``service`` needs.

    It reads its inputs, what was published together with them (its producers' outputs), and the ledger; it writes its
    outputs and its own part of the ledger. It may read its outputs too, to see whose object is in its way, and what its
    ``NORIA_READS`` names: an auditor's function reads what another one was given. It lists what its ``NORIA_LISTS``
    names: a function that works on sets has to find the rest of one.
    """
    inputs = [_folder(path.bucket, path.prefix) for path in service.inputs]
    outputs = [_folder(path.bucket, path.prefix) for path in service.outputs]
    beside = [
        _folder(output.bucket, output.prefix)
        for producer in services
        if _feeds(producer, service)
        for output in producer.outputs
        if FAILURE_SUFFIX not in output.suffixes
    ]
    own = [f"{ledger}/{service.name}", f"{ledger}/clock", f"{ledger}/dead-letters/{service.name}"]
    return Grants(
        read=_unique([*inputs, *beside, *outputs, *_named(service, READS), ledger]),
        write=_unique([*outputs, *own]),
        list=_unique(_named(service, LISTS)),
    )


def reserved_names(pipelines: Iterable[Pipeline]) -> Iterator[Problem]:
    """Find services whose name would give them what is not theirs."""
    for pipeline in pipelines:
        for service in pipeline.services:
            if taken := RESERVED.get(service.name):
                sentence = f"a service cannot be named {service.name}: that is the name of {taken}"
                yield Problem("error", where(pipeline, service), sentence, "give it another name")


def store_actions(granted: Grants) -> tuple[str, ...]:
    """Write the grants in SeaweedFS's words."""
    listed = _unique([*granted.write, *granted.list])
    return (*_weed("Read", granted.read), *_weed("Write", granted.write), *_weed("List", listed))


def broker_permissions(service: str, stream: str) -> dict[str, object]:
    """Write in nats-server's words that a worker may pull from its durable consumer, and answer its messages.

    It may not make or change the consumer: one with a filter of its own reads other services' events, and one with a
    ``deliver_subject`` has the broker publish wherever the worker may not. The plane makes it.
    """
    api = "$JS.API.CONSUMER"
    return {
        "publish": [
            f"{api}.INFO.{stream}.{service}",
            f"{api}.MSG.NEXT.{stream}.{service}",
            f"$JS.ACK.{stream}.{service}.>",
        ],
        "subscribe": [f"_INBOX.{service}.>"],
    }


def _weed(action: str, folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        yield f"{action}:{folder}/*" if "/" in folder else f"{action}:{folder}"


def _named(service: Service, variable: str) -> list[str]:
    """Read the folders that a variable of the service's FDL names, separated by commas."""
    return [each.strip().strip("/") for each in service.environment.get(variable, "").split(",") if each.strip()]


def _feeds(producer: Service, consumer: Service) -> bool:
    return any(
        _within(_folder(output.bucket, output.prefix), _folder(watched.bucket, watched.prefix))
        for output in producer.outputs
        for watched in consumer.inputs
    )


def _within(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _folder(bucket: str, prefix: str) -> str:
    return f"{bucket}/{prefix}" if prefix else bucket


def _unique(folders: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folders))
