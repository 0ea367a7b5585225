"""System calls that a command in a sandbox is refused: a seccomp filter of our own (seccomp(2)), no library.

Threads may be made, processes not, and that it dies with its parent stays so. No sockets, no signals to others, no
links or devices, no changing of modes, owners, times or attributes of files, no shared memory that limits do not see,
and none of the calls that most holes of the kernel were found in.
Calls that are newer than this list do not exist for the command.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Container, Iterator
from typing import Literal

# name:x86_64:aarch64, from the kernel's asm/unistd_64.h and asm-generic/unistd.h; "-" where the machine has none.
REFUSED = """
socket:41:198 fork:57:- vfork:58:- kill:62:129 tkill:200:130 rt_sigqueueinfo:129:138 rt_tgsigqueueinfo:297:240
pidfd_send_signal:424:424 pidfd_open:434:434 pidfd_getfd:438:438 setpriority:141:140 ptrace:101:117
process_vm_readv:310:270 process_vm_writev:311:271 process_madvise:440:440 kcmp:312:272 unshare:272:97 setns:308:268
mount:165:40 umount2:166:39 move_mount:429:429 open_tree:428:428 fsopen:430:430 fsconfig:431:431 fsmount:432:432
mount_setattr:442:442 chroot:161:51 pivot_root:155:41 open_by_handle_at:304:265 name_to_handle_at:303:264
chmod:90:- fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 chown:92:- fchown:93:55 lchown:94:- fchownat:260:54
setxattr:188:5 lsetxattr:189:6 fsetxattr:190:7 removexattr:197:14 lremovexattr:198:15 fremovexattr:199:16
symlink:88:- symlinkat:266:36 link:86:- linkat:265:37 mknod:133:- mknodat:259:33 utime:132:- utimes:235:-
utimensat:280:88 futimesat:261:- bpf:321:280 perf_event_open:298:241 userfaultfd:323:282
io_uring_setup:425:425 io_uring_enter:426:426 io_uring_register:427:427 keyctl:250:219 add_key:248:217
request_key:249:218 shmget:29:194 msgget:68:186 semget:64:190 mq_open:240:180 memfd_create:319:279
memfd_secret:447:447 kexec_load:246:104 init_module:175:105 finit_module:313:273 delete_module:176:106
"""
NEWEST = 462  # mseal, Linux 6.10; the numbers of both machines have been one since 424
CLONE3 = 435  # its flags lie in memory, which a filter cannot read; glibc falls back to clone
CLONE, TGKILL, PRLIMIT, PRCTL = (56, 220), (234, 131), (302, 261), (157, 167)
EXECVE, EXECVEAT = (59, 221), (322, 281)
SOCKET, SOCKETPAIR, AF_UNIX = (41, 198), (53, 199), 1
DATAGRAM = 2  # a bit of SOCK_DGRAM and SOCK_RAW; not of SOCK_STREAM and SOCK_SEQPACKET (linux/net.h)
GUARDED = """
ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd open_by_handle_at bpf perf_event_open
userfaultfd io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key kexec_load init_module
finit_module delete_module memfd_create memfd_secret shmget msgget semget mq_open
"""
"""What no handler needs, though it may start processes and put them into sandboxes of their own."""
ON_OTHERS = {"sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118)}
ON_OTHERS |= {"sched_setattr": (314, 274), "migrate_pages": (256, 238), "move_pages": (279, 239)}
PRIORITIES = ((141, 140), (251, 30))
"""What changes any process of the user, by its id: only oneself, 0, is left; by ids of other kinds: not at all."""
Sockets = Literal["all", "internet", "none"]
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH_*
X32 = 0x40000000
CLONE_THREAD = 0x00010000

LOAD, EQUAL, AT_LEAST, HAS_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24  # struct seccomp_data
ALLOW, KILL, REFUSE, ABSENT = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, MODE_FILTER = 1, 22, 38, 2

Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def is_known(machine: str = platform.machine()) -> bool:
    """Whether the numbers of this machine's system calls are in the list."""
    return machine in MACHINES


def refuse() -> None:
    """Put the filter around this process for good; needs no_new_privs, and no other threads.

    Raises:
        OSError: The kernel refused.
    """
    _put_up(program(platform.machine(), os.getpid()))


def guard(sockets: Sockets, *, among_others: bool) -> None:
    """Put a wider filter around this process for good, and around what it starts; needs no_new_privs, and no threads.

    ``among_others``: the processes of others have ids here. ``sockets``: which may be made; ``internet`` are all but
    Unix's, behind which daemons of this machine listen.

    Raises:
        OSError: The kernel refused.
    """
    _put_up(guarding(platform.machine(), sockets, among_others=among_others))


def stay() -> None:
    """Refuse this process any other program for good: begun by a thread, it would not die with the process's parent.

    Nothing happens where the system calls are not known.

    Raises:
        OSError: The kernel refused.
    """
    if not is_known():
        return
    column, _ = MACHINES[platform.machine()]
    calls = [each for name in (EXECVE, EXECVEAT) for each in ((EQUAL, 0, 1, name[column]), _give(REFUSE))]
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _put_up([*_load(NUMBER), *calls, _give(ALLOW)])


def _put_up(instructions: list[Instruction]) -> None:
    code = b"".join(struct.pack("<HBBI", *each) for each in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    wanted = _Program(len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(wanted), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp: the filter was refused")


def program(machine: str, pid: int) -> list[Instruction]:
    """Give the filter for a machine's calls; only ``pid`` itself may be signalled, by tgkill, as abort(3) does."""
    column, architecture = MACHINES[machine]
    return [
        *_load(ARCHITECTURE),
        *_unless(architecture, KILL),
        *_load(NUMBER),
        *((AT_LEAST, 0, 1, X32), _give(KILL)),
        *((AT_LEAST, 0, 1, NEWEST + 1), _give(ABSENT)),
        *((EQUAL, 0, 1, CLONE3), _give(ABSENT)),
        *_refused(column),
        *_only(CLONE[column], HAS_BITS, CLONE_THREAD),
        *_only(TGKILL[column], EQUAL, pid),
        *_only(PRLIMIT[column], EQUAL, 0),
        *_only(PRCTL[column], EQUAL, PR_SET_PDEATHSIG, then=REFUSE, otherwise=ALLOW),
        _give(ALLOW),
    ]


def guarding(machine: str, sockets: Sockets, *, among_others: bool) -> list[Instruction]:
    """Give the filter of ``guard`` for a machine's calls."""
    column, architecture = MACHINES[machine]
    # One of a pair of datagram sockets can send to any socket that has a name, as every daemon's has.
    pairs = [(EQUAL, 0, 4, SOCKETPAIR[column]), (LOAD, 0, 0, SECOND_ARGUMENT), (HAS_BITS, 0, 1, DATAGRAM)]
    pairs += [_give(REFUSE), _give(ALLOW)]
    made: dict[Sockets, list[Instruction]] = {
        "all": [],
        "internet": [*pairs, *_only(SOCKET[column], EQUAL, AF_UNIX, then=REFUSE, otherwise=ALLOW)],
        "none": [*pairs, (EQUAL, 0, 1, SOCKET[column]), _give(REFUSE)],
    }
    return [
        *_load(ARCHITECTURE),
        *_unless(architecture, KILL),
        *_load(NUMBER),
        *((AT_LEAST, 0, 1, X32), _give(KILL)),
        *((AT_LEAST, 0, 1, NEWEST + 1), _give(ABSENT)),
        *_refused(column, GUARDED.split()),
        *made[sockets],
        *(_for_oneself(column) if among_others else ()),
        _give(ALLOW),
    ]


def _for_oneself(column: int) -> Iterator[Instruction]:
    """Allow what changes a process for the caller alone."""
    for numbers in (PRLIMIT, *ON_OTHERS.values()):
        yield from _only(numbers[column], EQUAL, 0)
    for numbers in PRIORITIES:
        yield from ((EQUAL, 0, 1, numbers[column]), _give(REFUSE))


def _refused(column: int, wanted: Container[str] = ()) -> Iterator[Instruction]:
    """Refuse what is listed and wanted; all of it if nothing is named."""
    for entry in REFUSED.split():
        name, *numbers = entry.split(":")
        if numbers[column] != "-" and (not wanted or name in wanted):
            yield from ((EQUAL, 0, 1, int(numbers[column])), _give(REFUSE))


def _load(offset: int) -> list[Instruction]:
    return [(LOAD, 0, 0, offset)]


def _give(verdict: int) -> Instruction:
    return (RETURN, 0, 0, verdict)


def _unless(value: int, verdict: int) -> list[Instruction]:
    return [(EQUAL, 1, 0, value), _give(verdict)]


def _only(number: int, test: int, value: int, *, then: int = ALLOW, otherwise: int = REFUSE) -> list[Instruction]:
    """Allow call ``number`` if the low half of its first argument passes, refuse it otherwise; or what is given."""
    return [
        (EQUAL, 0, 4, number),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (test, 0, 1, value),
        _give(then),
        _give(otherwise),
    ]
