"""Every wall of a container, tried from inside."""

import socket
from pathlib import Path

import pytest

from tests.containers.conftest import Images
from tests.containers.contained import asked, contained

LIGHT = "send-alerts"
REPORT = """
import importlib.util, json, os, pathlib, shutil
status = dict(line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
def written(path):
    try:
        pathlib.Path(path, "probe").write_text("x")
    except OSError as error:
        return error.strerror
    return "written"
places = ("/", "/etc", "/opt/noria", "/opt/noria/functions", "/usr/local/lib", "/var/tmp", "/tmp")
programs = ("apt", "apt-get", "dpkg", "pip", "pip3", "cc", "gcc", "g++", "ld", "as", "make", "perl", "curl", "wget",
            "su", "mount", "chmod", "env")
print(json.dumps({
    "user": [os.getuid(), os.getgid(), os.getgroups()],
    "capabilities": [int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
    "no new privileges": status["NoNewPrivs"].strip(),
    "seccomp": status["Seccomp"].strip(),
    "written": {place: written(place) for place in places},
    "programs": [name for name in programs if shutil.which(name)],
    "modules": [name for name in ("pip", "setuptools", "ensurepip", "wheel") if importlib.util.find_spec(name)],
    "telemetry": os.environ.get("ORT_DISABLE_TELEMETRY"),
    "suid": [str(path) for path in pathlib.Path("/usr").rglob("*") if path.is_file() and path.stat().st_mode & 0o6000],
}))
"""
NETWORK = """
import json, socket
try:
    socket.create_connection(("127.0.0.1", {port}), 2).close()
    reached = "yes"
except OSError as error:
    reached = error.strerror
routes = open("/proc/net/route").read().splitlines()[1:]
print(json.dumps({{"interfaces": [name for _, name in socket.if_nameindex()], "routes": routes, "host": reached}}))
"""
TMP = """
import json, os, pathlib
def tried(what):
    try:
        what()
    except OSError as error:
        return error.strerror
    return "done"
pathlib.Path("/tmp/run").write_text("#!/bin/sh\\n")
os.chmod("/tmp/run", 0o755)
print(json.dumps({
    "fill": tried(lambda: pathlib.Path("/tmp/large").write_bytes(bytes(20 * 2**20))),
    "run": tried(lambda: os.execv("/tmp/run", ["/tmp/run"])),
}))
"""
FORKS = """
import json, os, signal
children = []
try:
    while len(children) < 200:
        child = os.fork()
        if not child:
            signal.pause()
        children.append(child)
except OSError as error:
    print(json.dumps([len(children), error.strerror]))
for child in children:
    os.kill(child, 9)
"""
MEMORY = "block = bytearray({mib} * 2**20); print(len(block))"
CPU = """
import json, pathlib
v1, v2 = pathlib.Path("/sys/fs/cgroup/cpu"), pathlib.Path("/sys/fs/cgroup/cpu.max")
if v2.exists():
    quota, period = v2.read_text().split()
else:
    quota, period = ((v1 / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
print(json.dumps(int(quota) / int(period)))
"""


def test_a_container_is_nobody_may_nothing_and_has_no_tools(image: Images) -> None:
    seen = asked(image(LIGHT), REPORT)

    assert seen["user"] == [10001, 10001, [10001]]
    assert seen["capabilities"] == [0] * 5
    assert (seen["no new privileges"], seen["seccomp"]) == ("1", "2")
    assert (seen["programs"], seen["modules"], seen["suid"]) == ([], [], [])
    assert seen["telemetry"] == "1"


def test_nothing_can_be_written_but_in_its_own_tmp(image: Images) -> None:
    written = asked(image(LIGHT), REPORT)["written"]

    assert written.pop("/tmp") == "written"
    assert set(written.values()) == {"Read-only file system"}


def test_without_the_read_only_root_its_user_still_owns_nothing(image: Images) -> None:
    written = asked(image(LIGHT), REPORT, "--read-only=false")["written"]

    assert {place for place, how in written.items() if how == "written"} == {"/tmp", "/var/tmp"}


def test_there_is_no_network_not_even_to_the_machine_that_it_runs_on(image: Images) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        seen = asked(image(LIGHT), NETWORK.format(port=port))
        shared = asked(image(LIGHT), NETWORK.format(port=port), network="host")

    assert seen == {"interfaces": ["lo"], "routes": [], "host": "Connection refused"}
    assert shared["host"] == "yes"  # so it is the wall that refuses


def test_tmp_takes_so_much_and_runs_nothing(image: Images) -> None:
    seen = asked(image(LIGHT), TMP, room=16)

    assert seen == {"fill": "No space left on device", "run": "Permission denied"}


def test_processes_are_counted(image: Images) -> None:
    count, why = asked(image(LIGHT), FORKS, pids=20)

    assert 10 <= count < 20
    assert why == "Resource temporarily unavailable"


@pytest.mark.parametrize(("mib", "code"), [(64, 0), (256, 137)])
def test_who_takes_too_much_memory_is_killed_and_leaves_nothing_where_podman_was_asked(
    image: Images, mib: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = image(LIGHT)
    monkeypatch.chdir(tmp_path)

    done = contained(name, ["python", "-c", MEMORY.format(mib=mib)], memory=128)

    assert done.returncode == code, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_cores_are_limited(image: Images) -> None:
    assert asked(image(LIGHT), CPU, cpus=0.5) == 0.5
    assert asked(image(LIGHT), CPU, cpus=1.0) == 1.0
