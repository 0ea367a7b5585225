"""The limits of time: on components and on paths of them."""

from dataclasses import dataclass

from functions.placement.system import System


@dataclass(frozen=True)
class Limit:
    """Seconds that components, one after another, may take together.

    Attributes:
        rule: ``local`` or ``path``, as in the evaluator's violations.
    """

    rule: str
    subject: str
    components: tuple[str, ...]
    seconds: float


def limits(system: System) -> dict[tuple[str, str], Limit]:
    """Give every limit of a system by the rule and the subject of the violation that the evaluator reports."""
    local = [Limit("local", name, (name,), seconds) for name, seconds in system.local.items()]
    paths = [Limit("path", each.name, each.components, each.limit) for each in system.paths]
    return {(each.rule, each.subject): each for each in (*local, *paths)}
