"""``assemble.py LIST ROOT``: copy what a function needs of a Debian image with Python; ROOT becomes an image's root.

Runs in a build, with the image's own Python. Neither apt, dpkg, perl nor pip come along, nor anything that was not
named, and no file has a date or a random part in it: the same packages give the same bytes.
"""

import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

MERGED = ("bin", "lib", "lib64", "sbin")
"""Links of a merged /usr."""
LEFT_OUT = (
    "/usr/share/doc",
    "/usr/share/man",
    "/usr/share/locale",
    "/usr/share/lintian",
    "/usr/share/bug",
    "/usr/sbin",
)
OF_NO_USE = {"__pycache__", "ensurepip", "idlelib", "lib2to3", "test", "turtledemo", "EXTERNALLY-MANAGED"}
INSTALLERS = ("pip", "setuptools", "wheel", "pkg_resources", "_distutils_hack", "distutils-precedence")
PEOPLE = "root:x:0:0:root:/:/sbin/nologin\nnoria:x:10001:10001:noria:/tmp:/sbin/nologin\n"
FOLDERS = ("dev", "etc", "opt/noria", "proc", "run", "sys", "tmp", "usr", "var/tmp")


def main(listed: Path, root: Path) -> None:
    """Make the root."""
    for name in FOLDERS:
        (root / name).mkdir(parents=True)
    for name in ("tmp", "var/tmp"):
        (root / name).chmod(0o1777)
    for name in MERGED:
        if Path("/", name).is_symlink():
            (root / name).symlink_to(Path("/", name).readlink())
    lines = [line.strip() for line in listed.read_text().splitlines()]
    for package in [line for line in lines if line and not line.startswith("#")]:
        take_package(package, root)
    take(Path("/etc/ssl/certs/ca-certificates.crt"), root)
    take(Path("/etc/nsswitch.conf"), root)
    take_python(root)
    (root / "etc/passwd").write_text(PEOPLE)
    (root / "etc/group").write_text("root:x:0:\nnoria:x:10001:\n")
    run("ldconfig", "-r", str(root))
    shutil.rmtree(root / "var/cache", ignore_errors=True)


def take_package(name: str, root: Path) -> None:
    """Copy a package's files and what dpkg knows of it, as readers of images want it; nothing if it is not there."""
    found = subprocess.run(["dpkg-query", "--listfiles", name], capture_output=True, text=True, check=False)
    if found.returncode:
        return
    for line in found.stdout.splitlines():
        if line.startswith("/") and (line.endswith("/copyright") or not line.startswith(LEFT_OUT)):
            take(Path(line), root)
    status = root / "var/lib/dpkg/status.d" / name
    status.parent.mkdir(parents=True, exist_ok=True)
    status.write_text(run("dpkg-query", "--status", name))


def take(path: Path, root: Path) -> None:
    """Copy a file or a link to where it really lies."""
    real = Path(os.path.realpath(path.parent)) / path.name
    target = root / real.relative_to("/")
    if (real.is_symlink() or real.is_file()) and not os.path.lexists(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(real, target, follow_symlinks=False)


def take_python(root: Path) -> None:
    """Copy Python where it lies in /usr/local, name it, take off what is of no use in a container, and compile it."""
    if Path("/usr/local/bin/python3").exists():
        shutil.copytree("/usr/local", root / "usr/local", symlinks=True, dirs_exist_ok=True)
    else:
        for name in ("python3", "python"):
            (root / "usr/bin" / name).symlink_to("python3.11")
    for path in [path for path in root.rglob("*") if is_of_no_use(path)]:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    packages = root / site.getsitepackages()[0].lstrip("/")
    packages.mkdir(parents=True, exist_ok=True)
    (packages / "noria.pth").write_text("/opt/noria\n")
    libraries = [str(path) for path in root.glob("usr/**/python3*") if path.is_dir() and path.parent.name == "lib"]
    words = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", "/"]
    subprocess.run([sys.executable, *words, *libraries], env={"PYTHONHASHSEED": "0"}, check=False)


def is_of_no_use(path: Path) -> bool:
    """Tell whether nothing in an image that only runs needs it."""
    if "python" not in str(path) and path.parent.name != "bin":
        return False
    return path.name in OF_NO_USE or path.name.startswith((*INSTALLERS, "config-3.")) or path.suffix == ".a"


def run(*words: str) -> str:
    """Run a program and give what it says."""
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
