"""Landlock, the kernel's own file walls for any user, by its three system calls (landlock(7)).

It walls off reading, writing, making and removing files, TCP, abstract sockets and signals. It does not hide that a
file exists, nor its size; what else it leaves open (UDP, changing modes, new processes) is ``seccomp.py``'s.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress

LEAST = 3
"""Before this version (Linux 6.2) files outside can be truncated."""
HOLDS_SIGNALS = 6
"""From this version (Linux 6.12) signals outside of the walls are refused."""
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION_QUESTION, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG, REFER, TRUNCATE, IOCTL_DEV = 1 << 7, 1 << 8, 1 << 13, 1 << 14, 1 << 15
MAKE_SOCK, MAKE_FIFO, MAKE_SYM = 1 << 9, 1 << 10, 1 << 12
READ_ONE = EXECUTE | READ_FILE
READ = READ_ONE | READ_DIR
WRITE_ONE = WRITE_FILE | TRUNCATE
WRITE = WRITE_ONE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER
LINKS = MAKE_SYM | MAKE_SOCK | MAKE_FIFO
BIND_TCP, CONNECT_TCP = 1, 2
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Give the version of Landlock that this kernel has; 0 for none, or one that is switched off."""
    try:
        return _call(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION_QUESTION)
    except (OSError, AttributeError):
        return 0


def restrict(
    *, read: Iterable[str], write: Iterable[str], names: Iterable[str] = (), links: bool = False, network: bool = False
) -> None:
    """Wall this process in for good: files below ``read``, files below ``write``, no TCP; needs no_new_privs.

    A path that does not exist is left out. Below ``names`` folders may be listed, which Python asks of those with
    packages. ``links``: symbolic links, sockets and pipes may be made below ``write``,
    by who is not believed when it hands files over. ``network``: TCP stays as it is.

    Raises:
        OSError: The kernel refused.
    """
    has = version()
    files = (1 << 13) - 1 | REFER | TRUNCATE | (IOCTL_DEV if has >= 5 else 0)
    wanted = _Ruleset(
        files,
        BIND_TCP | CONNECT_TCP if has >= 4 and not network else 0,
        SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS if has >= HOLDS_SIGNALS else 0,
    )
    size = 8 if has < 4 else 16 if has < 6 else 24
    ruleset = _call(CREATE_RULESET, ctypes.byref(wanted), ctypes.c_size_t(size), 0)
    writing = READ | WRITE | (LINKS if links else 0)
    allowed = ((read, READ, READ_ONE), (write, writing, READ_ONE | WRITE_ONE), (names, READ_DIR, 0))
    for paths, whole, one in allowed:
        for path in paths:
            with suppress(FileNotFoundError):
                _allow(ruleset, path, whole, one)
    _call(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, whole: int, one: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = whole if stat.S_ISDIR(os.fstat(parent).st_mode) else one
        _call(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(_PathBeneath(rights, parent)), 0)
    finally:
        os.close(parent)


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    answer: int = libc.syscall(ctypes.c_long(number), *arguments)
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {errno.errorcode.get(code, code)}")
    return answer
