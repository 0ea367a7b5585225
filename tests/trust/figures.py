"""What signing and verifying cost: ``python -m tests.trust.figures [SIGNED_MODEL_MB]``.

Warm and cold milliseconds of the evidence for one job; how long verifying a large model takes beside hashing it, and
hashing beside ``openssl dgst``. The large model is in the page cache; the best of several runs counts.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from safetensors.numpy import save_file

from functions.training.record import RECORD, chained
from functions.training.tensors import digest
from functions.trust.hashing import sha256_of_file
from functions.trust.issuance import issue
from functions.trust.lineage import Lineage
from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, verify
from tests.trust.signing import SIGNED, Signed, examined, sign
from tests.trust.trainings import VERSION, Training, trained

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


def signing(place: Path) -> None:
    training, signer = trained(place / "warm"), PemSigner.new()
    passed, lineage = examined(training), Lineage.of(training.run, lambda _: None)
    out = place / "out"
    out.mkdir()
    warm = best(lambda: issue(passed, lineage, out, [signer], made=SIGNED, version=VERSION), 20)
    looked = best(lambda: examined(training), 20)
    size = sum(path.stat().st_size for path in out.iterdir())
    click.echo(
        f"evidence, warm: {warm * 1e3:.1f} ms, {size:,} bytes; examination of the small result: {looked * 1e3:.1f} ms"
    )
    words = [sys.executable, "-c", COLD]
    told = [
        subprocess.run([*words, str(place / f"cold{n}")], capture_output=True, text=True, check=True) for n in range(3)
    ]
    loads, firsts = zip(*(map(float, each.stdout.split()) for each in told), strict=True)
    click.echo(f"evidence, cold: {min(loads):.0f} ms of imports, then {min(firsts):.1f} ms for the first")
    whole = Signed(shutil.copytree(training.outputs, place / "whole"), signer, training)
    issue(passed, lineage, whole.folder, [signer], made=SIGNED, version=VERSION)
    took = best(lambda: verify(whole.folder, Anchors(keys=whole.keys)), 20)
    click.echo(f"verification, warm, small: {took * 1e3:.1f} ms")


def large(place: Path, megabytes: int) -> None:
    training = _grown(trained(place / "large"), megabytes)
    made = sign(training, place / "signed", PemSigner.new())
    model = made.folder / "trained_model.safetensors"
    hashing = best(lambda: sha256_of_file(model), 5)
    openssl = best(lambda: subprocess.run(["openssl", "dgst", "-sha256", model], capture_output=True, check=True), 5)
    whole = best(lambda: verify(made.folder, Anchors(keys=made.keys)), 5)
    verdict = verify(made.folder, Anchors(keys=made.keys))
    assert verdict.is_good, verdict.codes
    rate = model.stat().st_size / 1e9
    click.echo(
        f"{rate:.2f} GB: {rate / hashing:.2f} GB/s, {openssl / hashing:.2f} of openssl dgst ({rate / openssl:.2f} GB/s)"
    )
    click.echo(f"verify {whole:.2f} s, {whole / hashing:.2f} times its hashing ({hashing:.2f} s)")


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


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        signing(Path(made))
        large(Path(made), int(sys.argv[1]) if sys.argv[1:] else 1000)
