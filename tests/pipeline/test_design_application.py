"""The pipeline of design-application as it ships, on the embedded plane."""

import io
import zipfile
from pathlib import Path

from functions.designing.template import template
from tests.pipeline.noria import ROOT, Noria


def archive(texts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, text in texts.items():
            made.writestr(name, text)
    return file.getvalue()


def test_an_upload_becomes_a_design_and_a_wrong_one_a_sentence(tmp_path: Path) -> None:
    noria = Noria(tmp_path / ".noria")
    texts = template("my-app")
    (tmp_path / "my-app.zip").write_bytes(archive(texts))
    script = "src/prepare/main.py"
    wrong = {**texts, script: texts[script].replace("local_time_thr", "locale_time_thr")}
    (tmp_path / "wrong.zip").write_bytes(archive(wrong))

    try:
        noria("up", "--detach", ROOT / "fdl/design-application.yaml")
        noria("put", tmp_path / "my-app.zip", "applications/in/", "--wait")
        noria.run("put", tmp_path / "wrong.zip", "applications/in/", "--wait")
        listed = noria("ls", "designed/out")
        (letter,) = noria.json("failed", "list")
    finally:
        noria("down")

    assert "/aisprint/deployments/multi_cluster_qos_constraints.yaml" in listed
    assert "/common_config/annotations.yaml" in listed
    assert "/oscar/my-app.yaml" in listed
    assert "designed/out/wrong" not in listed
    assert letter["input"]["key"] == "in/wrong.zip"
    assert "src/prepare/main.py: line 13: exec_time has no argument locale_time_thr" in str(letter)
