"""Where a training runs: the environment that its process gets, and the facts of it for the record."""

import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from functions.sandbox.walls import CODE
from functions.training.record import Environment, Package

SPARE_FOLDERS = ("HOME", "TMPDIR", "KERAS_HOME", "MPLCONFIGDIR", "TORCH_HOME", "XDG_CACHE_HOME")
"""Variables that name folders for whatever files libraries want to write."""
TRAINING = ("functions/datasets", "functions/train_on_upload/trainer", "functions/training")
"""Folders of the code that makes the numbers."""
ATEN = {"AVX2": "avx2", "AVX512_CORE": "avx512"}


def variables(*, threads: tuple[int, int], isa: str) -> dict[str, str]:
    """Give the variables that results may depend on; they are recorded, and nothing else of an environment is.

    Args:
        threads: (intra, inter).
        isa: The most that oneDNN and ATen may use of the processor; empty for all it has.
    """
    intra, inter = map(str, threads)
    capped = {}
    if isa and platform.machine() == "x86_64":
        capped = {"ONEDNN_MAX_CPU_ISA": isa, "ATEN_CPU_CAPABILITY": ATEN.get(isa, "default")}
    return capped | {
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
        "MKL_NUM_THREADS": intra,
        "OMP_NUM_THREADS": intra,
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "TF_DETERMINISTIC_OPS": "1",
        "TF_NUM_INTEROP_THREADS": inter,
        "TF_NUM_INTRAOP_THREADS": intra,
    }


def environ(wanted: Mapping[str, str], *, code: Path, spare: Path) -> dict[str, str]:
    """Give all of the training process's environment.

    Args:
        wanted: From ``variables``.
        code: A folder with our packages.
        spare: A folder that may be written to.
    """
    fixed = {
        "JOBLIB_MULTIPROCESSING": "0",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": str(code),
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "USER": "trainer",
    }
    return {**wanted, **fixed, **{name: str(spare) for name in SPARE_FOLDERS}}


def facts(wanted: Mapping[str, str], *, threads: tuple[int, int], image: str) -> Environment:
    """Describe this machine and this Python; ``image`` is the digest of the container image, if there is one."""
    cpu, flags = processor()
    return Environment(
        os=operating_system(),
        kernel=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        cpu=cpu,
        cpu_flags_sha256=hashlib.sha256(" ".join(sorted(flags)).encode()).hexdigest(),
        isa_cap=wanted.get("ONEDNN_MAX_CPU_ISA", ""),
        intra_threads=threads[0],
        inter_threads=threads[1],
        image=image,
        python=f"{platform.python_implementation()} {sys.version.split()[0]}",
        variables=dict(wanted),
        packages=packages(),
    )


def fingerprint(environment: Environment) -> str:
    """Digest what the bits of a training depend on, beside the versions of the framework: our own code among it."""
    fields = environment.model_dump(mode="json", exclude={"kernel", "packages"}) | {"code": _code()}
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def with_versions(surroundings: str, versions: Mapping[str, str]) -> str:
    """Add the versions of the framework to a fingerprint."""
    return hashlib.sha256(json.dumps([surroundings, dict(versions)], sort_keys=True).encode()).hexdigest()


@cache
def _code() -> str:
    found = sorted(path for folder in TRAINING for path in (CODE / folder).rglob("*.py"))
    text = "".join(f"{path.relative_to(CODE)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0" for path in found)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def packages() -> tuple[Package, ...]:
    """List what is installed, with the digest of each package's RECORD, which has the digests of its files."""
    found: dict[str, Package] = {}
    for each in distributions():
        listed = each.read_text("RECORD")
        digest = hashlib.sha256(listed.encode()).hexdigest() if listed else ""
        found.setdefault(each.name, Package(name=each.name, version=each.version, sha256=digest))
    return tuple(found[name] for name in sorted(found, key=str.lower))


@cache
def processor() -> tuple[str, tuple[str, ...]]:
    """Give the processor's name and its flags (proc(5), ``cpuinfo``; ``Features`` on ARM)."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown", ()
    told = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    name = told.get("model name") or told.get("cpu part") or platform.processor() or "unknown"
    return name, tuple((told.get("flags") or told.get("features") or "").split())


@cache
def operating_system() -> str:
    """Name the distribution and its version (os-release(5))."""
    try:
        told = platform.freedesktop_os_release()
    except OSError:
        return platform.platform()
    return told.get("PRETTY_NAME") or told.get("NAME", "Linux")
