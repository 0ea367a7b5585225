"""A training as the reference's example has it: 13 columns, two classes, a small network; no run behind it."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.runtime.runs import StoredObject
from functions.training.record import (
    Checkpoint,
    Compiled,
    Data,
    Environment,
    File,
    Framework,
    Input,
    Layer,
    Metrics,
    Model,
    Package,
    Recipe,
    TrainingRecord,
    chained,
    job_of,
)
from functions.training.stated import Stated
from functions.trust.lineage import Lineage, Step

STARTED = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
OUTPUTS = (
    "trained_model.keras", "trained_model.onnx", "metrics.json", "logs.txt", "learning_curve.png",
    "learning_curve.svg", "confusion_matrix.png", "model_card.json", "model_card.md",
)  # fmt: skip
PACKAGES = (
    "absl-py", "astunparse", "certifi", "charset-normalizer", "flatbuffers", "gast", "google-pasta", "grpcio", "h5py",
    "idna", "keras", "libclang", "markdown-it-py", "matplotlib", "mdurl", "ml-dtypes", "namex", "numpy", "onnx",
    "opt-einsum", "optree", "packaging", "pillow", "protobuf", "pyarrow", "pydantic", "pydantic-core", "pygments",
    "requests", "rich", "setuptools", "six", "tensorflow", "termcolor", "tf2onnx", "typing-extensions", "urllib3",
    "wheel", "wrapt",
)  # fmt: skip
DEFINITION: dict[str, Any] = {
    "columns": {**{f"feature{i}": "float" for i in range(1, 14)}, "label": "int"},
    "label": "label",
    "input_shape": [13],
    "output_shape": [1],
    "preprocessing": {"clip": [0.0, 1.0], "normalize": True, "scale": 1.0},
    "split": {"validation": 0.2, "test": 0.1, "shuffle": True, "stratify": False},
    "seed": 1,
    "epochs": 5,
    "batch_size": 32,
    "optimizer": {"name": "adam", "learning_rate": 0.001},
    "loss": "binary_crossentropy",
    "metrics": ["accuracy"],
}
ABOUT = {
    "name": "Heart records",
    "description": "Thirteen measurements of patients and whether they fell ill",
    "owner": "Cardiology, University Hospital",
    "license": "CC-BY-4.0",
    "source": "https://example.org/heart",
}
STATED = Stated(
    supplier="Example Clinic",
    supplier_url="https://example.org",
    author="Model team",
    contact="models@example.org",
    name="Triage",
    license="Apache-2.0",
    domain="healthcare",
    use_cases=("Order patients by risk for a doctor to look at",),
    users=("Doctors",),
    risks={"Older patients are rare in the data": "A doctor decides"},
    sensitivity="confidential",
    personal_data="health data, pseudonymous",
    website="https://example.org/triage",
    repository="https://example.org/triage.git",
)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def record(*, epochs: int = 5, about: dict[str, str] | None = None, **changed: Any) -> TrainingRecord:
    """Give a record; ``changed`` replaces fields of it."""
    inputs = tuple(
        Input(role=role, name=name, sha256=sha(name), size=size)
        for role, name, size in (
            ("dataset", "dataset.csv", 61_000),
            ("definition", "dataset_definition.yaml", 512),
            ("model", "model.keras", 20_480),
        )
    )
    compiled = Compiled(
        loss="binary_crossentropy",
        optimizer={"name": "adam", "learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
        metrics=("accuracy",),
        batch_size=32,
        deterministic=True,
    )
    weights = [sha(f"weights {epoch}") for epoch in range(epochs + 1)]
    chain = [weights[0]]
    for each in weights[1:]:
        chain.append(chained(chain[-1], each))
    facts: dict[str, Any] = {
        "job": job_of(inputs),
        "inputs": inputs,
        "definition": DEFINITION | {"epochs": epochs} | ({"about": about} if about else {}),
        "model": Model(
            form="keras",
            inputs=((13,),),
            outputs=((1,),),
            layers=(Layer(name="a", kind="Dense", parameters=224), Layer(name="b", kind="Dense", parameters=17)),
            parameters=241,
        ),
        "data": Data(
            rows=400,
            columns=DEFINITION["columns"],
            label="label",
            classes={
                "0": {"train": 150, "validation": 40, "test": 20},
                "1": {"train": 130, "validation": 40, "test": 20},
            },
            parts={"train": 280, "validation": 80, "test": 40},
            statistics={"mean": [0.5] * 13, "deviation": [0.25] * 13},
            arrays_sha256=sha("arrays"),
            splits_sha256=sha("splits"),
        ),
        "framework": Framework(name="keras", versions={"keras": "3.15.1", "tensorflow": "2.21.0", "numpy": "2.4.6"}),
        "recipe": Recipe(
            **compiled.model_dump(),
            task="binary",
            seed=1,
            epochs=epochs,
            steps_per_epoch=9,
            shuffle=True,
            order="PCG64(seed + epoch)",
        ),
        "environment": Environment(
            os="Debian GNU/Linux 12 (bookworm)",
            kernel="6.1.0",
            machine="x86_64",
            cpu="Intel(R) Xeon(R) Platinum 8488C",
            cpu_flags_sha256=sha("flags"),
            isa_cap="AVX2",
            intra_threads=1,
            inter_threads=1,
            image=f"sha256:{sha('image')}",
            python="3.11.2",
            variables={"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_MAX_CPU_ISA": "AVX2"},
            packages=tuple(Package(name=name, version="1.2.3", sha256=sha(name)) for name in PACKAGES),
        ),
        "sandbox": "bubblewrap",
        "steps": 9 * epochs,
        "samples": 280 * epochs,
        "epochs_run": epochs,
        "kept_epoch": epochs,
        "stopped_by": "epochs",
        "initial_weights": weights[0],
        "final_weights": weights[-1],
        "weights_distance": 0.0842,
        "checkpoints": tuple(Checkpoint(epoch=i, weights=weights[i], chain=chain[i]) for i in range(1, epochs + 1)),
        "metrics": Metrics(
            epoch=epochs,
            final={"loss": 0.31, "accuracy": 0.88, "val_loss": 0.35, "val_accuracy": 0.86, "test_accuracy": 0.85},
            best={"val_loss": 0.35},
        ),
        "started": STARTED,
        "finished": STARTED + timedelta(seconds=3.5),
        "seconds": 3.5,
        "cpu_seconds": 4.2,
        "energy_source": "no energy counter is readable here",
        "outputs": tuple(File(name=name, sha256=sha(name), size=1000 + i) for i, name in enumerate(OUTPUTS)),
    }
    return TrainingRecord(**facts | changed)


def lineage(of: TrainingRecord, *, missing: tuple[str, ...] = ()) -> Lineage:
    """Give the lineage of a run on three first uploads."""
    uploads = tuple(
        StoredObject(
            bucket="training", key=f"in/heart/{each.name}", etag=each.sha256[:32], size=each.size, sha256=each.sha256
        )
        for each in of.inputs
    )
    text = of.to_json().encode()
    files = [*of.outputs, File(name="run.json", sha256=hashlib.sha256(text).hexdigest(), size=len(text))]
    step = Step(
        run=f"train-on-upload/{sha('run')}",
        function="train-on-upload",
        version="0.1.0",
        image=of.environment.image,
        host="jetstream",
        inputs=uploads,
        outputs=tuple(
            StoredObject(
                bucket="trained",
                key=f"out/heart/{of.job[:12]}/{each.name}",
                etag=each.sha256[:32],
                size=each.size,
                sha256=each.sha256,
            )
            for each in files
        ),
        started=of.started,
        finished=of.finished,
    )
    return Lineage(steps=(step,), uploads=uploads, missing=missing, trace=sha("trace")[:32])
