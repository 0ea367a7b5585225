"""What an event brings: its configuration, its observations, its stream, and what was kept of that."""

from pathlib import PurePosixPath

from events import ObjectCreated
from functions.continuum.reading import read
from functions.drift_check.settings import DriftCheck
from functions.drifting.configuration import FILE_NAME, Configuration
from functions.drifting.observations import Observation, is_metrics, read_observations, refuse_unusable, wanted
from functions.drifting.state import State, read_state
from functions.runtime import Context
from functions.runtime.errors import Rejected
from functions.runtime.runs import Run

STATE = ".drift-state.json"
Ctx = Context[DriftCheck]


def stream_of(event: ObjectCreated) -> str:
    """Name the stream of an object: its bucket and folder."""
    folder = PurePosixPath(event.bucket, event.key).parent
    return str(folder)


def configuration_of(ctx: Ctx) -> Configuration:
    """Read the configuration of the settings, or else the one beside the object.

    In this order: to find what lies beside, the whole folder is listed, which takes long where it has many results.

    Raises:
        Rejected: It is wrong, or there is none.
    """
    if ctx.settings.configuration:
        return read(ctx.settings.configuration, Configuration, source="DRIFT_CHECK_CONFIGURATION")
    beside = next((one for one in ctx.beside() if one.name == FILE_NAME), None)
    if beside is None:
        hint = f"upload {FILE_NAME} into the same folder, or set DRIFT_CHECK_CONFIGURATION to its text"
        raise Rejected("nothing says what is to be checked", hint=hint)
    return read(ctx.take(beside), Configuration, source=FILE_NAME)


def observed(event: ObjectCreated, ctx: Ctx, configuration: Configuration) -> list[Observation]:
    """Give what the object says of the fields that are watched.

    Raises:
        Rejected: It says something that cannot be used.
    """
    fields = wanted(configuration)
    at = event.time.timestamp()
    producer = None if is_metrics(event.name) else ctx.producer()
    found: list[Observation] = []
    if is_metrics(event.name) or event.name.lower().endswith(".json"):
        if event.size > ctx.settings.max_bytes:
            said = f"{event.name} has {event.size:,} bytes, more than the limit of {ctx.settings.max_bytes:,}"
            raise Rejected(said, hint="upload less, or raise DRIFT_CHECK_MAX_BYTES")
        found = read_observations(ctx.fetch(event), event.name, at=at, fields=fields)
    if producer is not None and is_first(event, producer):
        values = {name: value for name, value in producer.metrics.items() if name in fields}
        own = found[0].values if found else {}
        found = [Observation(at, {**own, **values})] if own or values else []
    elif producer is not None:  # what its record says was taken with the first of its outputs
        found = [Observation(at, left)] if (left := _left(found, producer)) else []
    refuse_unusable(configuration, found, event.name)
    return found


def is_first(event: ObjectCreated, producer: Run) -> bool:
    """Whether of all that the run has put into the object's folder this is the first: one run is one observation."""
    folder = event.key.rpartition("/")[0]
    there = [one.key for one in producer.outputs if one.bucket == event.bucket and one.key.rpartition("/")[0] == folder]
    return not there or event.key == min(there)


def kept(ctx: Ctx, stream: str, *, must_read: bool = True) -> State:
    """Take the next place in the stream, and give what was kept of it.

    Args:
        must_read: Whether what cannot be read is refused, not begun anew.

    Raises:
        Rejected: It is gone, or cannot be read.
    """
    before = ctx.follow(f"drift {stream}")
    found = next((one for one in before.outputs if one.key.endswith(STATE)), None) if before else None
    if before is not None and found is None and must_read:
        hint = f"send that run round again, or begin anew: upload any.drift-reset.json that names {stream}"
        raise Rejected(f"what {before.name} has kept of {stream} is gone", hint=hint)
    if found is None:
        return State(stream=stream)
    try:
        return read_state(ctx.read(found), stream)
    except Rejected:
        if must_read:
            raise
        return State(stream=stream)


def _left(found: list[Observation], producer: Run) -> dict[str, float | str]:
    own = found[0].values if found else {}
    return {name: value for name, value in own.items() if name not in producer.metrics}
