"""What walls in a worker's handlers: the choice of a kind, and what the function may read and reach within it."""

from collections.abc import Callable, Mapping
from shutil import which
from typing import Literal, Protocol

from functions.runtime.belongings import code_of, files_of, hidden, uses_network
from functions.runtime.configuration import Configuration
from functions.runtime.containment import Container
from functions.runtime.isolation import Isolation
from functions.runtime.podman import HINT as PODMANS_HINT
from functions.runtime.podman import identify, without_containers
from functions.runtime.settings import SettingsError
from functions.runtime.start import Walls
from functions.sandbox import walls

Kind = Literal["bwrap", "landlock", "container"]
Setting = Literal["", "auto", "none", "bwrap", "landlock", "container"]
HINT = "apt-get install bubblewrap, or --isolation none (NORIA_ISOLATION) if you trust whoever uploads"
WITHOUT: dict[Kind, Callable[[], str]] = {
    "bwrap": walls.without_bubblewrap,
    "landlock": walls.without_landlock,
    "container": without_containers,
}
"""Say of each kind why this machine cannot make it; empty if it can."""
BEST: tuple[Kind, ...] = ("bwrap", "landlock")
"""What ``auto`` tries: a container needs an image that somebody has built."""


class Enclosure(Walls, Protocol):
    """Walls that know what their handlers are to be told."""

    def environ(self, given: Mapping[str, str]) -> dict[str, str]:
        """Give a handler's environment: whatever libraries want to keep lies in the room."""


def around(
    function: str, told: Mapping[str, str], given: Configuration, *, memory: int, cpu: float = 0, image: str = ""
) -> Enclosure:
    """Give what walls in the handlers of a function.

    Args:
        function: Its name, or ``module:attribute``.
        told: The environment of its handlers.
        given: Says which walls; ``work`` is the room.
        memory: Of the service's FDL, in bytes.
        cpu: Of the service's FDL, in processors; only containers keep to it.
        image: Of the service's FDL, for a container.

    Raises:
        SettingsError: There are none of that kind here, or what may be read does not exist.
    """
    kind = chosen(given.isolation) if given.isolation == "auto" else given.isolation
    if kind == "bwrap" and not which(kind):
        raise SettingsError("NORIA_ISOLATION is bwrap, which is not installed", hint=HINT)
    missing = next((each for each in given.files if not each.exists()), None)
    if missing:
        raise SettingsError(f"NORIA_FILES names {missing}, which does not exist")
    code = tuple(sorted(code_of(function)))
    read = tuple(sorted({*code, *files_of(told), *(each.absolute() for each in given.files)}))
    network = uses_network(function) if given.network is None else given.network
    room, home = given.work.absolute(), given.home.absolute()
    if kind == "container":
        return Container(identify(image).id, room, read, code, network, memory, cpu, home)
    assert kind in ("bwrap", "landlock")
    found = Isolation(kind, room, read, network, memory, home=home)
    if kind == "landlock" and (open_to := hidden(home, found.seen)):  # which cannot take back what it allows
        hint = "move NORIA_HOME elsewhere, or give the handler less to read (PYTHONPATH, NORIA_FILES)"
        raise SettingsError(f"handlers could read {open_to[0]}, where the plane's keys lie", hint=hint)
    return found


def chosen(setting: Setting) -> Kind | None:
    """Give the kind of walls that is asked for; ``auto`` gives the best that this machine can make, and never none.

    Raises:
        SettingsError: It can make none, or not that one; says why.
    """
    if setting in ("", "none"):
        return None
    reasons = []
    for kind in WITHOUT:
        if kind not in BEST if setting == "auto" else kind != setting:
            continue
        if not (why := WITHOUT[kind]()):
            return kind
        reasons.append(why)
    hint = PODMANS_HINT if setting == "container" else HINT
    raise SettingsError(f"handlers cannot be walled in on this machine: {'; '.join(reasons)}", hint=hint)
