"""Where all must run, a skip is an error: with ``TEST_MUST_RUN=1`` a test that would be skipped fails with its reason.

Without it a test whose program is missing is skipped and says so. ``.ci/run`` sets it, for there everything is
installed: a skip would say that a program has not come, and nobody would read it.

It is a hook on every skip and no function that each skip would have to call: one that somebody adds is an error in CI
from its first day, whatever its words, ``importorskip`` and sets of parameters that turn out empty included. What may
stay a skip there is named below; a reason that is worded anew is an error until it is named, never the other way round.
"""

import os
from collections.abc import Generator

import pytest

MUST = "TEST_MUST_RUN"
"""Not a name that begins with NORIA_: noria itself, which tests start, refuses those that it does not know."""
MAY_BE_MISSING = (
    "../shared",  # a stranger's clone has nothing beside it
    "no terraform",
    "no kubectl",
    "no npm and node",
    "the kernel's Landlock",
    "nobody may mount",
    "make test-faults runs it",
    "the package is here",  # and the test is of what is said without it
)
"""What the reason of a skip has in it that is one in CI too: what no package of ours installs."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Take a skip of a test or of its fixtures for a failure, if it must run."""
    if call.excinfo is not None and isinstance(call.excinfo.value, pytest.skip.Exception):
        why = str(call.excinfo.value)
        if must_run(why):
            failure = pytest.fail.Exception(refusal(why), pytrace=False).with_traceback(call.excinfo.tb)
            call.excinfo = pytest.ExceptionInfo.from_exception(failure)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Take the skip of a whole module for a failure, if it must run."""
    report = yield
    if report.skipped and must_run(why := report.longreprtext):
        report.outcome = "failed"
        report.longrepr = refusal(why)
    return report


def must_run(why: str) -> bool:
    """Tell whether a test is not to be skipped on this machine for that reason."""
    return bool(os.environ.get(MUST)) and not any(each in why for each in MAY_BE_MISSING)


def refusal(why: str) -> str:
    """Give what is said of a test that had to run."""
    return f"{MUST} is set, so this is no skip: {why}"
