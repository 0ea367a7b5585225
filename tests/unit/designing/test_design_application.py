"""The function: an uploaded archive is unpacked safely, and what is made of it is an application again."""

import io
import os
import stat
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from functions.continuum.application import Application
from functions.design_application.handler import design_application
from functions.runtime.errors import Rejected
from tests.conftest import Run
from tests.unit.designing.samples import NAME, filter_application, mask_application


def zipped(folder: Path, *, below: str = "", extra: dict[str, bytes] | None = None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{below}{path.relative_to(folder)}")
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return file.getvalue()


def produced(tmp_path: Path) -> set[str]:
    out = tmp_path / "out"
    return {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize("below", ["", f"{NAME}/"])
def test_an_uploaded_application_is_designed(run: Run, tmp_path: Path, below: str) -> None:
    application = mask_application(tmp_path / "app")

    content = zipped(application, below=below, extra={"__MACOSX/x": b"-"})

    outcome = run(design_application, f"{NAME}.zip", content)

    designed = tmp_path / "out" / NAME / sha256(content).hexdigest()[:12]
    assert {str(path.relative_to(designed)) for path in designed.rglob("*") if path.is_file()} >= {
        "common_config/annotations.yaml",
        "common_config/application_dag.yaml",
        "aisprint/deployments/multi_cluster_qos_constraints.yaml",
        "aisprint/designs/blurry-faces-onnx/partition1_2/onnx/partition1_2.onnx",
    }
    assert outcome.metrics == {"components": 2, "deployments": 2, "cuts": 1}
    found = Application.read(designed, needs=("annotations", "qos", "partitions"))
    assert found.annotations
    assert list(found.annotations.root) == [
        f"{NAME}/src/blurry-faces-onnx/main.py",
        f"{NAME}/src/mask-detector/main.py",
    ]


def test_two_uploads_of_one_application_give_the_same_bytes(run: Run, tmp_path: Path) -> None:
    content = zipped(filter_application(tmp_path / "app"))

    first = run(design_application, "a.zip", content).files
    second = run(design_application, "a.zip", content).files

    assert first == second


def link() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("app/src/c/main.py")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


def one(name: str, content: bytes = b"x") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app/src/c/main.py", b"x = 1\n")
        archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no archive at all", "it is not a zip archive"),
        (b"\x80\x04pickle", "a Python pickle"),
        (one("../../outside"), "leads out of its folder"),
        (one("/etc/outside"), "is absolute"),
        (one("app\\..\\outside"), "has a backslash"),
        (one("app/zeros", bytes(30_000_000)), "times as many"),
        (link(), "is a link or a device"),
        (one("other/x"), "there is no application in app.zip: src and common_config are not side by side"),
        (one("app/src/c/main.py/x"), "is a file in the archive and the folder of"),
    ],
)
def test_a_hostile_archive_ends_in_a_sentence_and_leaves_nothing(
    run: Run, tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(Rejected, match=r"\w") as refused:
        run(design_application, "app.zip", content)

    assert sentence in str(refused.value)
    assert produced(tmp_path) == set()
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]  # noqa: PTH208 - hidden files too


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("max_bytes", 1000, "more than the limit of 1,000"),
        ("max_unpacked", 1000, "it unpacks to"),
        ("max_files", 3, "more than"),
    ],
)
def test_limits_are_settings(run: Run, tmp_path: Path, setting: str, value: int, sentence: str) -> None:
    content = zipped(mask_application(tmp_path / "app"))

    with pytest.raises(Rejected) as refused:
        run(design_application, "app.zip", content, **{setting: value})

    assert sentence in str(refused.value)


def test_what_is_wrong_in_an_upload_is_named_with_its_line(run: Run, tmp_path: Path) -> None:
    above = "@component_name('mask-detector')\n@exec_time(loca_time=1)"
    masks = f"from functions.annotations import *\n\n{above}\ndef main(a): ...\n"

    with pytest.raises(Rejected, match=r"src/mask-detector/main\.py: line 4: exec_time has no argument loca_time"):
        run(design_application, "app.zip", zipped(mask_application(tmp_path / "app", masks=masks)))


def test_the_most_deployments_are_a_setting(run: Run, tmp_path: Path) -> None:
    outcome = run(design_application, "a.zip", zipped(filter_application(tmp_path / "app")), max_deployments=2)

    (deployments,) = tmp_path.glob("out/a/*/aisprint/deployments")
    assert {path.name for path in deployments.iterdir() if path.is_dir()} == {
        "base",
        "deployment1",
        "optimal_deployment",
    }
    assert outcome.metrics["deployments"] == 4
