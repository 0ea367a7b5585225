"""swap-model on a real store: what it is told by verified trainings, made without a training and a signature."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from events import ObjectCreated
from functions.runtime.configuration import Configuration
from functions.runtime.endings import Verdict
from functions.runtime.engine import Engine
from functions.runtime.ledger import Ledger
from functions.runtime.runs import Run, StoredObject
from functions.runtime.store import Store
from functions.succession.documents import Changes, Current, TrainingSet
from functions.trust.verification.verdict import Check, Verification
from tests.trust.bom.samples import record

NAME, BUCKET = "wine", "outbox"
RIGHT, WRONG, HALF = (-1.0, 1.0, 0.0), (1.0, -1.0, 0.0), (-1.0, 0.2, 0.0)
"""Weights of ``a`` and ``b`` and a bias: the class is whether ``b > a``."""
Members = tuple[StoredObject, ...]
DEFINITION: Mapping[str, Any] = {
    "columns": {"a": "float", "b": "float", "label": "int"},
    "label": "label",
    "input_shape": [2],
    "output_shape": [1],
    "task": "binary",
}


def rows(count: int, seed: int) -> bytes:
    """Give labelled rows as CSV."""
    draw = np.random.default_rng(seed).normal(size=(count, 2))
    lines = [f"{a:.4f},{b:.4f},{int(b > a)}" for a, b in draw]
    return "\n".join(["a,b,label", *lines, ""]).encode()


def network(weights: tuple[float, float, float]) -> bytes:
    """Give one neuron as ONNX."""
    initial = [
        numpy_helper.from_array(np.array([[weights[0]], [weights[1]]], "f4"), "w"),
        numpy_helper.from_array(np.array([weights[2]], "f4"), "c"),
    ]
    nodes = [helper.make_node("Gemm", ["x", "w", "c"], ["s"]), helper.make_node("Sigmoid", ["s"], ["y"])]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 1])
    graph = helper.make_graph(nodes, "neuron", [x], [y], initial)
    made: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()
    onnx.checker.check_model(onnx.load_from_string(made))
    return made


@dataclass
class Shop:
    """A store, a ledger, and swap-model at work on them."""

    store: Store
    ledger: Ledger
    given: Configuration
    engine: Engine
    folder: str

    def verified(
        self,
        weights: tuple[float, float, float],
        *,
        number: int = 0,
        kept: bytes = b"",
        codes: tuple[str, ...] = (),
        job: str = "",
        **changed: object,
    ) -> ObjectCreated:
        """Let a training be verified; gives the event of its verdict.

        ``number`` is of the training set that ``kept`` was kept from; 0 where a person chose the data. ``codes`` say
        why it was not verified.
        """
        job = job or hashlib.sha256(repr((weights, number, kept, changed)).encode()).hexdigest()
        made = self._gathered(number, kept, job) if number else None
        dataset = self._put(f"in/{job[:6]}/dataset.csv", b"a,b,label\n", parent=made.name if made else "")
        trained = self._run("train-on-upload", job, members=(dataset,))
        signed = self._run("sign-bom", job, parent=trained.name)
        members = self._signed(weights, job, signed, **changed)
        checks = tuple(
            Check(check="file", status="failed", subject="x", sentence="it was changed", code=code) for code in codes
        )
        verdict = Verification(subject=job, verdict="failed" if codes else "verified", checks=checks)
        body = verdict.model_dump_json(by_alias=True).encode()
        judge = f"verify-retrained/{job}"
        key = f"{self.folder}/{NAME}/set-{number}/{job[:12]}/folder.verdict.json"
        etag = self.store.write("inbox", key, body, metadata={"noria-parent": judge})
        out = StoredObject(bucket="inbox", key=key, etag=etag, size=len(body))
        self._run("verify-retrained", job, members=members, outputs=(out,))
        return ObjectCreated(bucket="inbox", key=key, etag=etag, size=len(body))

    def collected(self, name: str, body: bytes) -> ObjectCreated:
        """Let drift-check collect a table."""
        made = hashlib.sha256(name.encode() + body).hexdigest()
        return self._committed(f"drift-check/{made}", f"{name}_DRIFTED.csv", body)

    def labelled(self, name: str, body: bytes) -> ObjectCreated:
        """Upload a table with its labels."""
        key = f"{self.folder}/{NAME}/{name}"
        return ObjectCreated(bucket="inbox", key=key, etag=self.store.write("inbox", key, body), size=len(body))

    def placed(self, change: int, *, what: str = "swap", number: int = 0, maker: str = "swap-model") -> ObjectCreated:
        """Let a model be put in place; gives the event of ``current.json``."""
        job = f"{change:064x}"
        signed = self._run("sign-bom", job)
        members = self._signed(WRONG, job, signed)
        judge = self._run("verify-retrained", job, members=members)
        known = {"name": NAME, "change": change, "what": what, "at": "2026-11-23T00:00:00Z", "job": job, "bom": job}
        known |= {"model": members[-1], "verified": judge.name, "set": number, "previous": "", "scores": None}
        current = Current.model_validate({**known, "reason": "a test"})
        return self._committed(f"{maker}/{job}", "current.json", current.as_json().encode())

    def asked(self, name: str = "back", **wanted: object) -> ObjectCreated:
        """Ask for an earlier model."""
        key, body = f"{self.folder}/{NAME}/{name}.rollback.json", json.dumps(wanted).encode()
        etag = self.store.write("inbox", key, body)
        return ObjectCreated(bucket="inbox", key=key, etag=etag, size=len(body))

    def done(self, event: ObjectCreated, timeout_s: float = 120) -> Verdict:
        """Deliver an event until it has come to its end."""
        deadline = time.monotonic() + timeout_s
        while (verdict := self.engine.process(event)).kind in {"wait", "retry"} and time.monotonic() < deadline:
            time.sleep(min(verdict.delay, 0.1))
        return verdict

    def current(self) -> Current:
        return Current.model_validate_json(self.store.read(BUCKET, f"{self.folder}/{NAME}/current.json")[0])

    def changes(self, verdict: Verdict) -> Changes:
        """Give what a run has written of all changes so far."""
        assert verdict.run is not None
        run = self.ledger.find(verdict.run.name)
        assert run is not None
        assert run.state == "committed", run.failures
        one = next(one for one in run.outputs if "/changes/" in one.key)
        return Changes.model_validate_json(self.store.read(one.bucket, one.key)[0])

    def listed(self, ending: str) -> list[str]:
        return [stat.key for stat in self.store.list(BUCKET, self.folder) if stat.key.endswith(ending)]

    def _signed(self, weights: tuple[float, float, float], job: str, signed: Run, **changed: object) -> Members:
        text = record(**{"definition": dict(DEFINITION), **self._facts(job, **changed)}).to_json().encode()
        files = {"run.json": text, "bom.cdx.json": f"bill of {job}".encode(), "trained_model.onnx": network(weights)}
        return tuple(self._put(f"signed/{job}/{name}", each, signed.name) for name, each in files.items())

    def _committed(self, run: str, name: str, body: bytes) -> ObjectCreated:
        """Put an object where the function watches, as the output of a run."""
        key = f"{self.folder}/{NAME}/{name}"
        etag = self.store.write("inbox", key, body, metadata={"noria-parent": run})
        out = StoredObject(bucket="inbox", key=key, etag=etag, size=len(body))
        self._run(*run.split("/"), outputs=(out,))
        return ObjectCreated(bucket="inbox", key=key, etag=etag, size=len(body))

    def _gathered(self, number: int, kept: bytes, job: str) -> Run:
        made = TrainingSet(name=NAME, number=number, base="0" * 64, training=1, kept=kept.count(b"\n") - 1, tables=())
        outputs = {"retrain-set.json": made.as_json().encode(), "holdout.csv": kept}
        stored = tuple(self._put(f"kept/{job[:6]}/{name}", body) for name, body in outputs.items())
        return self._run("gather-drifted", job, outputs=stored)

    def _facts(self, job: str, **changed: object) -> dict[str, Any]:
        whole = record()
        data = whole.data.model_copy(update={"statistics": {}, "columns": DEFINITION["columns"]})
        return {"job": job, "data": data, "model": whole.model.model_copy(update={"form": "onnx"}), **changed}

    def _put(self, key: str, body: bytes, parent: str = "") -> StoredObject:
        key = f"{self.folder}-of/{key}"
        etag = self.store.write(BUCKET, key, body)
        digest = hashlib.sha256(body).hexdigest()
        return StoredObject(bucket=BUCKET, key=key, etag=etag, size=len(body), sha256=digest, parent=parent)

    def _run(self, function: str, job: str, **known: Any) -> Run:
        first = StoredObject(bucket="inbox", key="x", etag="x")
        run = Run(state="committed", id=job, function=function, input=first, **known)
        self.store.write(self.given.ledger, f"{run.name}.json", run.model_dump_json().encode())
        return run
