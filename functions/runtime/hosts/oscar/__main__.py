"""``python -m functions.runtime.hosts.oscar [FUNCTION]``: the script of an OSCAR service in one line.

A job is two Python processes that live for one event, so both start at once: this module imports as little as reading
the definition takes, begins the handler's process, and only then imports the host itself.
"""

import gc
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn

from functions.runtime.errors import Rejected
from functions.runtime.hosts.early import begin_early
from functions.runtime.hosts.oscar.definition import read_definition
from functions.runtime.kernel import hide_from_children
from functions.runtime.start import SAID

LAST_WORDS = 2.0
"""Seconds."""


def main(argv: list[str], environ: Mapping[str, str]) -> int:
    """Do one job; 0 for a good end, 1 for a failure that can be read in an object, 3 if nobody knows what to do."""
    function = argv[0] if argv else ""
    hide_from_children()
    begun = None
    try:
        definition = read_definition(environ)
        begun = begin_early(definition, environ, function=function)
        gc.disable()  # imports make next to no garbage, and looking for it takes a twentieth of their time
        from functions.runtime.hosts.oscar.host import work  # while the handler's process does the same

        gc.enable()
        return work(definition, environ, function=function, begun=begun)
    except Rejected as error:
        sys.stderr.write(f"{error.message}; {error.hint}\n")
        return 3
    finally:
        if begun:
            begun.stop()


def end(code: int) -> NoReturn:
    """End the process, in which everything is closed: taking its modules apart takes 30 ms, a tenth of a job."""
    for thread in threading.enumerate():
        if thread.name == SAID:  # the handler's process is gone, and its last words are on their way
            thread.join(LAST_WORDS)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # nobody reads it any more
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    end(main(sys.argv[1:], os.environ))
