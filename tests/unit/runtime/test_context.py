from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.runtime import Context, Settings
from functions.runtime.context import OutputNameError
from functions.runtime.local_desk import LocalDesk


def context(folder: Path) -> Context[Settings]:
    return Context(settings=Settings(), folder=folder, desk=LocalDesk(folder))


@given(name=st.text(max_size=40))
def test_no_output_name_leads_out_of_the_private_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("private")

    try:
        path = context(folder).output(name)
    except (OutputNameError, UnicodeEncodeError):
        return

    assert path.resolve().is_relative_to(folder.resolve())
    assert path != folder


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../other", "a/../../b", "nul\0"])
def test_a_name_outside_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputNameError, match="no name for an output"):
        context(tmp_path).output(name)
