"""Runs that tests watch: of two components, at moments that are easy to reckon with."""

from functions.continuum.qos import read_qos
from functions.watching.advancing import Policy, advance
from functions.watching.alerts import Alert
from functions.watching.observations import Observation
from functions.watching.rules import Rule, rules
from functions.watching.state import State

BEGIN = 1_760_000_000.0
QOS = """\
system:
  name: masks
  local_constraints: {quick: {component_name: blur_faces, threshold: 1}}
  global_constraints: {whole: {path_components: [blur-faces, mask-detect], threshold: 3}}
  throughput_component: mask-detect
"""
POLICY = Policy(window=60)


def row(component: str, session: str, begin: float, took: float, **known: object) -> Observation:
    """Give a run that was queued ``begin`` seconds after the beginning."""
    found = Observation(
        id=f"{component}-{session}",
        session=session,
        component=component,
        queued=BEGIN + begin,
        started=BEGIN + begin,
        finished=BEGIN + begin + took,
        handler=took,
        ok=True,
        resource="",
        metrics={},
    )
    return found._replace(**known)  # type: ignore[arg-type]


def chain(session: str, begin: float, first: float = 0.5, second: float = 0.5) -> list[Observation]:
    """Give one session's two runs, one after the other."""
    return [row("blur-faces", session, begin, first), row("mask-detect", session, begin + first, second)]


def of_file(text: str = QOS) -> list[Rule]:
    """Give the rules of a file of constraints."""
    return rules(read_qos(text, source="qos_constraints.yaml"), None)


def told(state: State, given: list[Observation], policy: Policy = POLICY) -> list[Alert]:
    """Let the state advance one observation after the other, as events bring them."""
    found = of_file()
    return [alert for each in given for alert in advance(state, found, policy, [each]) or []]
