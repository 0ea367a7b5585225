"""``trust``: what a sandbox, signing, hashing and verifying cost, beside the bare process and ``openssl dgst``.

The large model lies in the page cache; the best of several runs counts, the median of the sandbox's starts.
"""

import hashlib
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
from pydantic import SecretStr
from safetensors.numpy import save_file

from functions.runtime import downloads
from functions.runtime.configuration import Configuration
from functions.runtime.hashing import sha256_of_file
from functions.runtime.store import Store
from functions.sandbox.limits import Limits
from functions.sandbox.walls import Bubblewrap, Job, Landlock, Sandbox, without_bubblewrap, without_landlock
from functions.training.record import RECORD, chained
from functions.training.tensors import digest
from functions.trust.issuance import issue
from functions.trust.lineage import Lineage
from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, verify
from local.weed import Identity, Weed
from tests.performance.figures import ratio, show_table
from tests.trust.signing import SIGNED, Signed, examined, sign
from tests.trust.trainings import VERSION, Training, trained

MEGABYTES = 1000
STARTS = 20
TRAINING = 60.0
"""Seconds of a training that signing is held against."""
Target = tuple[str, float, str, float]
"""What, measured, ``below`` or ``above``, the limit."""
COLD = """
import sys, time
begun = time.perf_counter()
from pathlib import Path
import functions.sign_bom.handler, functions.trust.issuance
from functions.trust.pem import PemSigner
loaded = time.perf_counter()
from tests.trust.signing import examined, SIGNED
from tests.trust.trainings import trained
from functions.trust.lineage import Lineage
done, signer = examined(trained(Path(sys.argv[1]))), PemSigner.new()
ready = time.perf_counter()
from functions.trust.issuance import issue
run = trained(Path(sys.argv[1]) / "b").run
out = Path(sys.argv[1]) / "out"
out.mkdir()
again = time.perf_counter()
issue(done, Lineage.of(run, lambda _: None), out, [signer], made=SIGNED, version="0.1.0")
print((loaded - begun) * 1e3, (time.perf_counter() - again) * 1e3)
"""


def best(what: Callable[[], object], times: int) -> float:
    """Give the seconds of the fastest of some runs."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        what()
        took.append(time.perf_counter() - begun)
    return min(took)


def trust(megabytes: int = MEGABYTES) -> dict[str, object]:
    """Measure, print the tables and give the figures."""
    with tempfile.TemporaryDirectory(prefix="noria-trust-") as made:
        place = Path(made)
        figures = {"sandbox": sandbox(place), "signing": signing(place), "large": large(place, megabytes)}
        figures["streamed"] = streamed(place, megabytes)
    targets = _targets(figures)
    for name, each in figures.items():
        show_table(name, ["", "measured"], [(what, value) for what, value in each.items()])
    rows = [(what, value, f"{side} {limit:g}", _holds(value, side, limit)) for what, value, side, limit in targets]
    show_table("Targets", ["", "measured", "target", "holds"], rows)
    named = [dict(zip(("target", "measured", "side", "limit"), each, strict=True)) for each in targets]
    return {**figures, "targets": named}


def sandbox(place: Path) -> dict[str, float]:
    """Start a process that ends at once: bare, and in each kind of sandbox; median milliseconds."""
    bare = [sys.executable, "-S", "-c", ""]
    took = {"bare process, ms": _median(lambda: subprocess.run(bare, check=True)) * 1e3}
    kinds: list[Sandbox] = []
    kinds += [] if without_bubblewrap() else [Bubblewrap()]
    kinds += [] if without_landlock() else [Landlock()]
    folder = place / "sandbox"
    folder.mkdir()
    for kind in kinds:
        job = Job(command=bare, read=[folder], write=[folder], limits=Limits(), environ={}, folder=folder)
        took[f"{kind.kind}, ms"] = _median(lambda kind=kind, job=job: kind.start(job).wait()) * 1e3  # type: ignore[misc]
    return took


def _median(what: Callable[[], object]) -> float:
    took = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        what()
        took.append(time.perf_counter() - begun)
    return median(took)


def signing(place: Path) -> dict[str, float]:
    """Make all evidence of a small result, in a process that did so before and in a new one; verify it."""
    training, signer = trained(place / "warm"), PemSigner.new()
    passed, lineage = examined(training), Lineage.of(training.run, lambda _: None)
    out = place / "out"
    out.mkdir()
    warm = best(lambda: issue(passed, lineage, out, [signer], made=SIGNED, version=VERSION), 20)
    words = [sys.executable, "-c", COLD]
    told = [
        subprocess.run([*words, str(place / f"cold{n}")], capture_output=True, text=True, check=True) for n in range(3)
    ]
    loads, firsts = zip(*(map(float, each.stdout.split()) for each in told), strict=True)
    whole = Signed(shutil.copytree(training.outputs, place / "whole"), signer, training)
    issue(passed, lineage, whole.folder, [signer], made=SIGNED, version=VERSION)
    return {
        "evidence, warm, ms": warm * 1e3,
        "examination, ms": best(lambda: examined(training), 20) * 1e3,
        "imports of a new process, ms": min(loads),
        "its first evidence, ms": min(firsts),
        "verification, warm, ms": best(lambda: verify(whole.folder, Anchors(keys=whole.keys)), 20) * 1e3,
    }


def large(place: Path, megabytes: int) -> dict[str, float]:
    """Hash and verify a signed folder with a large model, beside ``openssl dgst -sha256`` on the same file."""
    training = _grown(trained(place / "large"), megabytes)
    made = sign(training, place / "signed", PemSigner.new())
    model = made.folder / "trained_model.safetensors"
    verdict = verify(made.folder, Anchors(keys=made.keys))
    assert verdict.is_good, verdict.codes
    hashing, openssl = best(lambda: sha256_of_file(model), 5), _openssl(model)
    whole = best(lambda: verify(made.folder, Anchors(keys=made.keys)), 5)
    return {
        "GB": model.stat().st_size / 1e9,
        "hashing, s": hashing,
        "openssl dgst, s": openssl,
        "verify, s": whole,
        "verify / hashing": ratio(whole, hashing),
    }


def streamed(place: Path, megabytes: int) -> dict[str, float]:
    """Download a large object from the embedded store, hashed on the way; what of the time the hash takes."""
    admin = Identity.generate("admin", ["Admin"])
    weed = Weed(place / "store", [admin], buckets=("inbox",))
    weed.start()
    try:
        weed.wait_until_ready()
        secret = SecretStr(admin.secret_key)
        store = Store(
            Configuration(store_url=weed.endpoint, store_access_key=admin.access_key, store_secret_key=secret)
        )
        return _streamed(store, place, megabytes)
    finally:
        weed.kill()


def _streamed(store: Store, place: Path, megabytes: int) -> dict[str, float]:
    source, target = place / "source", place / "target"
    random = np.random.default_rng(1)
    with source.open("wb") as file:
        for _ in range(megabytes):
            file.write(random.bytes(10**6))
    etag = store.write("inbox", "large", source)
    openssl = _openssl(source)

    def download() -> None:
        store.download("inbox", "large", target, etag=etag, limit=2**62)

    whole = best(download, 3)
    rounds = []
    for _ in range(3):
        with patch.object(downloads, "hashlib", Watched()) as watched:
            download()
        rounds.append((_openssl_cpu_beside(download, source), watched))
    beside, watched = min(rounds, key=lambda each: each[1].cpu_seconds)
    return {
        "download with hash and file, s": whole,
        "of it in the hash, s": watched.seconds,
        "CPU of that, s": watched.cpu_seconds,
        "openssl dgst of the same file, s": openssl,
        "CPU of openssl dgst while such a download runs, s": beside,
        "hash rate / openssl's, alone": ratio(openssl, watched.cpu_seconds),
        "hash rate / openssl's": ratio(beside, watched.cpu_seconds),
    }


class Unhashed:
    """Stands in for ``hashlib`` where a download is wanted and no hash."""

    def sha256(self) -> "Unhashed":
        return self

    def update(self, data: bytes) -> None:
        pass

    def hexdigest(self) -> str:
        return ""


class Watched:
    """Stands in for ``hashlib`` where one hash is taken, and adds up the seconds spent in it.

    Where the store, on the same processors, keeps it waiting, ``cpu_seconds`` do not count that.
    """

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0

    def sha256(self) -> "Watched":
        self._digest = hashlib.sha256()
        return self

    def update(self, data: bytes) -> None:
        begun, cpu = time.perf_counter(), time.thread_time()
        self._digest.update(data)
        self.seconds += time.perf_counter() - begun
        self.cpu_seconds += time.thread_time() - cpu

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _openssl_cpu_beside(work: Callable[[], None], file: Path) -> float:
    """Give the CPU seconds of ``openssl dgst`` while ``work`` is done over and over.

    The hash of a download has the store and the network's threads beside it on the same processors; what they take of
    caches, memory and clock, they take of openssl too.
    """
    done = threading.Event()

    def again() -> None:
        with patch.object(downloads, "hashlib", Unhashed()):
            while not done.is_set():
                work()

    worker = threading.Thread(target=again)
    worker.start()
    try:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["openssl", "dgst", "-sha256", file], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    finally:
        done.set()
        worker.join()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _openssl(file: Path) -> float:
    return best(lambda: subprocess.run(["openssl", "dgst", "-sha256", file], capture_output=True, check=True), 5)


def _targets(figures: dict[str, dict[str, float]]) -> list[Target]:
    cold = figures["signing"]["imports of a new process, ms"] + figures["signing"]["its first evidence, ms"]
    bare = figures["sandbox"]["bare process, ms"]
    starts = [(name, took - bare) for name, took in figures["sandbox"].items() if name != "bare process, ms"]
    return [
        ("evidence of a 60 s training, % of it", cold / 10 / TRAINING, "below", 2.0),
        ("evidence of a small training, cold, s", cold / 1e3, "below", 1.0),
        ("hash rate while streaming / openssl dgst", figures["streamed"]["hash rate / openssl's"], "above", 0.9),
        ("verify of a large model / hashing it", figures["large"]["verify / hashing"], "below", 1.2),
        *((f"start over a bare process: {name}", more, "below", 100.0) for name, more in starts),
    ]


def _holds(value: float, side: str, limit: float) -> str:
    return "yes" if (value < limit) == (side == "below") else "NO"


def _grown(training: Training, megabytes: int) -> Training:
    """Give the training a model so large, and the records that go with it."""
    model = training.outputs / "trained_model.safetensors"
    weights = {"0.weight": np.random.default_rng(1).random((megabytes * 250_000,), np.float32)}
    save_file(weights, model)
    told, size = sha256_of_file(model), model.stat().st_size
    after = digest(weights)
    record = training.record
    last = record.checkpoints[-1].model_copy(update={"weights": after})
    last = last.model_copy(update={"chain": chained(record.checkpoints[-2].chain, after)})
    outputs = tuple(
        each.model_copy(update={"sha256": told, "size": size}) if each.name == model.name else each
        for each in record.outputs
    )
    changes = {"final_weights": after, "outputs": outputs, "checkpoints": (*record.checkpoints[:-1], last)}
    record = record.model_copy(update=changes)
    (training.outputs / RECORD).write_text(record.to_json())
    folder = training.run.outputs[0].key.rpartition("/")[0]
    stored = tuple(
        training.shelf.put(path, "models-trained", f"{folder}/{path.name}")
        for path in sorted(training.outputs.iterdir())
    )
    run = training.run.model_copy(update={"outputs": stored})
    return Training(training.inputs, training.outputs, record, run, training.shelf)
