import os
from pathlib import Path

import pytest

from functions.runtime import Rejected
from functions.runtime.function import UnknownFunctionError, load, names
from functions.runtime.invoke import invoke
from functions.runtime.local_desk import LocalDesk
from tests.handlers import copy


def test_a_function_is_found_by_its_folder_or_by_module_and_attribute() -> None:
    assert load("tests.handlers:copy") is copy
    assert {"blur_faces", "mask_detect"} <= set(names())


def test_an_unknown_function_names_the_nearest() -> None:
    with pytest.raises(UnknownFunctionError, match=r"there is no function 'blur-face'; did you mean blur_faces\?"):
        load("blur-face")


def test_a_rejected_input_leaves_no_output_at_all(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_bytes(b"reject")

    with pytest.raises(Rejected):
        invoke(copy, source, tmp_path / "out", environ=os.environ)

    assert list((tmp_path / "out").iterdir()) == []


def test_a_sibling_shares_the_longest_name(tmp_path: Path) -> None:
    for name in ("a.jpg.blurred.png", "a.jpg.faces.json", "a.faces.json"):
        (tmp_path / name).touch()

    assert LocalDesk(tmp_path / "a.jpg.blurred.png").sibling(".faces.json") == tmp_path / "a.jpg.faces.json"
    assert LocalDesk(tmp_path / "a.jpg.blurred.png").sibling(".none") is None
