"""``install.py FILE`` installs the requirements of a file from /wheels; ``install.py --compile FOLDER`` compiles code.

Runs in a build, with pip out of its own wheel: no image has an installer in it. What is compiled is never looked at
again whether it is up to date, and holds no date: the same wheels give the same bytes, and a read-only container starts
as fast as any.
"""

import os
import shutil
import site
import subprocess
import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from py_compile import PycInvalidationMode, PyCompileError
from py_compile import compile as compile_file

WHEELS = Path("/wheels")
PACKAGES = Path(site.getsitepackages()[0])
OF_NO_USE = ("**/*.pyi", "**/*.pyx", "**/*.pxd", "**/*.a", "**/*.h", "**/*.hpp")
"""What only tools and compilers read."""
UNUSED = (
    "*/**/tests",
    "onnx/backend/test",
    "onnxruntime/capi/libonnxruntime.so.*",
    "onnxruntime/transformers",
    "cv2/data",
    "pyarrow/*flight*.so*",
)
"""Packages' own tests; classifiers of 2001; ONNX Runtime's copy for programs in C, and its tools; Arrow's server."""
SERVICES = {"s3", "sts", "xray"}
"""Those of AWS whose descriptions are kept: botocore ships all 400, and large uploads use one, X-Ray another."""


def main(arguments: list[str]) -> None:
    """Do what is asked for."""
    if arguments[0] == "--compile":
        compile_all(Path(arguments[1]))
        return
    [pip] = WHEELS.glob("pip-*.whl")
    install = [sys.executable, f"{pip}/pip", "install", "--isolated", "--no-index", "--find-links", str(WHEELS)]
    install += ["--require-hashes", "--no-deps", "--no-compile", "--no-cache-dir", "--disable-pip-version-check"]
    install += ["--root-user-action", "ignore", "--progress-bar", "off", "--quiet"]
    subprocess.run([*install, "-r", arguments[0]], check=True)
    for path in [path for pattern in (*OF_NO_USE, *UNUSED) for path in PACKAGES.glob(pattern)]:
        remove(path)
    for path in (PACKAGES / "botocore/data").glob("*"):
        if path.is_dir() and path.name not in SERVICES:
            remove(path)
    compile_all(PACKAGES)


def remove(path: Path) -> None:
    """Take off a file or a folder, which may be in one that is gone."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def compile_all(folder: Path) -> None:
    """Compile every module in a folder that is not yet; what cannot be compiled is for other Pythons."""
    for path in sorted(folder.rglob("*.py")):
        if not Path(cache_from_source(str(path))).exists():
            with suppress(PyCompileError, SyntaxError, ValueError):
                compile_file(str(path), doraise=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of constants are written in the order of their hashes
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606
    main(sys.argv[1:])
