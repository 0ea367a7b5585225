"""Building images: wheels are fetched first, then no build step has a network; the same files give the same digests."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from functions.runtime.errors import TryAgain
from local.images.catalogue import IMAGES, ROOT, Image, runtime_name, version
from local.images.podman import digest_of, exists, podman

BUILD = ROOT / "build"
WHEELS = BUILD / "wheels"
BASE = "localhost/base:py311"
"""What the base is made of where no other image is given: Debian as mmdebstrap makes it, without a registry."""
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
LEFT_OUT = ("man", "locale", "doc")
COPIED = ("events", "fdl", "functions", "images")
TARGETS = ("runtime", "code")
STORAGE = "CONTAINERS_STORAGE_CONF"


class IngredientError(TryAgain):
    """What an image is made of cannot be had, or is something else than what was written down."""


def ensure_base(name: str = BASE) -> None:
    """Make the Debian image that the base is assembled from, if it is not there (a minute).

    Raises:
        PodmanError: It cannot be made.
    """
    if exists(name):
        return
    room = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - twice as fast as a disk
    with tempfile.TemporaryDirectory(prefix="noria-base-", dir=room) as folder:
        tar = Path(folder, "base.tar")
        options = [f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in LEFT_OUT]
        options += ["--dpkgopt=path-include=/usr/share/doc/*/copyright", "--dpkgopt=force-unsafe-io"]
        options += ["--include=python3,ca-certificates,libstdc++6", "--variant=essential", "--mode=root"]
        _run(["mmdebstrap", *options, "bookworm", str(tar)], {"PATH": PATH, "TMPDIR": folder})
        podman("import", "--quiet", str(tar), name)


def fetch_wheels(images: Iterable[Image]) -> Path:
    """Fetch every wheel that these images, the base and its installer need, checked by their hashes.

    Raises:
        IngredientError: One cannot be had.
    """
    WHEELS.mkdir(parents=True, exist_ok=True)
    files = [IMAGES / "base/pip.txt", IMAGES / "base/requirements.txt", *(image.requirements for image in images)]
    lines = dict.fromkeys(part for file in files for part in _entries(file))
    with tempfile.NamedTemporaryFile("w", suffix=".txt", dir=BUILD) as listed:
        listed.write("".join(lines))
        listed.flush()
        words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        words += ["--dest", str(WHEELS), "--only-binary", ":all:", "--python-version", "3.11", "-r", listed.name]
        _run(words)
    return WHEELS


def _run(words: list[str], environ: dict[str, str] | None = None) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        said = " ".join(done.stderr.split())[-300:]
        raise IngredientError(f"{Path(words[0]).name} {words[1]} ended with {done.returncode}: {said}")


def _entries(file: Path) -> Iterator[str]:
    """Give each requirement with its hashes, as it is written."""
    entry = ""
    for line in file.read_text().splitlines(keepends=True):
        if line.startswith("#"):
            continue
        entry += line
        if not line.rstrip().endswith("\\"):
            yield entry
            entry = ""


@contextmanager
def context() -> Iterator[Path]:
    """Give a folder with what goes into images, the modes of its files such as every checkout would have them."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="context-", dir=BUILD) as folder:
        for name in COPIED:
            shutil.copytree(ROOT / name, Path(folder, name), ignore=shutil.ignore_patterns("__pycache__", ".*"))
        described = Path(folder, f"noria-{version()}.dist-info", "METADATA")
        described.parent.mkdir()
        described.write_text(f"Metadata-Version: 2.1\nName: noria\nVersion: {version()}\nLicense: Apache-2.0\n")
        for path in [Path(folder), *Path(folder).rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.suffix == ".sh" else 0o644)
        yield Path(folder)


def revision() -> str:
    """Give the commit that the sources are of; empty outside of a repository."""
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


class Builder:
    """Builds from one context; layers that are there already are used again, unless ``fresh``."""

    def __init__(self, folder: Path, *, base: str = BASE, fresh: bool = False, tag: str = "") -> None:
        self.folder = folder
        self.stands_on = base
        self._options = ["--no-cache"] if fresh else ["--layers"]
        self._tag = tag
        self.revision = revision()

    def again(self, tag: str) -> "Builder":
        """Give one that uses no layer that is there already, with a base of its own, called by this tag."""
        return Builder(self.folder, base=self.stands_on, fresh=True, tag=tag)

    def base(self) -> None:
        """Build what all images stand on, and the code that they take in."""
        for target in TARGETS:
            arguments = ["--target", target, "--build-arg", f"BASE={self.stands_on}"]
            self._build(IMAGES / "base/Containerfile", runtime_name(target, self._tag), arguments)

    def function(self, image: Image, name: str = "") -> None:
        """Build a function's image."""
        runtime, code = (runtime_name(target, self._tag) for target in TARGETS)
        arguments = ["--build-arg", f"RUNTIME={runtime}", "--build-arg", f"CODE={code}"]
        arguments += ["--label", f"org.opencontainers.image.version={version()}"]
        arguments += ["--label", f"org.opencontainers.image.revision={self.revision}"]
        # Said here, since what buildah says by itself is another one each time the same base is built again.
        arguments += ["--annotation", f"org.opencontainers.image.base.digest={digest_of(runtime)}"]
        self._build(image.containerfile, name or image.name, arguments)

    def _build(self, file: Path, name: str, arguments: list[str]) -> None:
        own = ["--network", "none", "--pull-never", "--timestamp", "0", "--build-context", f"wheels={WHEELS}"]
        described = self.folder / file.relative_to(ROOT)
        podman("build", *own, *self._options, *arguments, "-t", name, "-f", str(described), str(self.folder))


def digests_from_nothing(builder: Builder, images: Iterable[Image]) -> Iterator[tuple[str, str]]:
    """Build the base and each image where no other image is; give their names, each with its digest.

    Podman writes into an image what the image that it stands on is called, and of several names the latest: so nobody
    else may give names there.

    Raises:
        PodmanError: One cannot be built.
    """
    with empty_storage(builder.stands_on):
        builder.base()
        for target in TARGETS:
            yield f"noria-{target}", digest_of(runtime_name(target))
        for image in images:
            builder.function(image)
            yield image.service, digest_of(image.name)


@contextmanager
def empty_storage(base: str) -> Iterator[None]:
    """Let podman work in a folder of its own that has one image; it is removed afterwards.

    Raises:
        PodmanError: There is no such image.
    """
    driver = podman("info", "--format", "{{.Store.GraphDriverName}}").strip()
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="storage-", dir=BUILD, ignore_cleanup_errors=True) as folder:
        tar, told = Path(folder, "base.tar"), Path(folder, "storage.conf")
        podman("save", "--quiet", "--output", str(tar), base)
        told.write_text(f'[storage]\ndriver = "{driver}"\ngraphroot = "{folder}/images"\nrunroot = "{folder}/run"\n')
        before = os.environ.get(STORAGE)
        os.environ[STORAGE] = str(told)
        try:
            podman("load", "--quiet", "--input", str(tar))
            yield
        finally:
            podman("rmi", "--all", "--force")  # it may own files that this process may not remove
            del os.environ[STORAGE]
            if before is not None:
                os.environ[STORAGE] = before
