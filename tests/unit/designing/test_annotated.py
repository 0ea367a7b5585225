"""What stands above main is read from the text: positions, names, constants, and the line of whatever is wrong."""

from pathlib import Path
from typing import Any

import pytest

from functions.designing.annotated import Annotated, annotated
from functions.designing.python_file import read_python
from functions.runtime.errors import Rejected

IMPORT = "from functions.annotations import *\n"


def read(tmp_path: Path, text: str | bytes) -> Annotated:
    path = tmp_path / "main.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return annotated(read_python(path, "src/c/main.py"))


def said(tmp_path: Path, above: str, *, before: str = "") -> dict[str, Any]:
    return dict(read(tmp_path, f"{IMPORT}{before}\n{above}\ndef main(args):\n    pass\n").said)


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ("@component_name(name='a')", {"component_name": {"name": "a"}}),
        ("@component_name('a')", {"component_name": {"name": "a"}}),
        ("@component_name('a' 'b')", {"component_name": {"name": "ab"}}),
        ("@exec_time()", {"exec_time": {}}),
        ("@exec_time(20)", {"exec_time": {"local_time_thr": 20}}),
        ("@exec_time(None, 5, ('a', 'b'))", {"exec_time": {"global_time_thr": 5, "prev_components": ["a", "b"]}}),
        ("@exec_time(-2.5)", {"exec_time": {"local_time_thr": -2.5}}),
        ("@exec_time(+2)", {"exec_time": {"local_time_thr": 2}}),
        ("@exec_time(LIMIT)", {"exec_time": {"local_time_thr": 7}}),
        ("@exec_time(-LIMIT)", {"exec_time": {"local_time_thr": -7}}),
        ("@exec_time(2 * LIMIT + 60 / 4)", {"exec_time": {"local_time_thr": 29.0}}),
        ("@exec_time(prev_components=[FIRST, 'b'])", {"exec_time": {"prev_components": ["a", "b"]}}),
        ("@exec_time(prev_components=ALL)", {"exec_time": {"prev_components": ["a", "c"]}}),
        ("@early_exits_model('a.onnx', 'f', [[1, -2], [LIMIT]])", [[1, -2], [7]]),
        ("@security(True, filesystemShield=True)", {"security": {"trustedExecution": True, "filesystemShield": True}}),
        ("@annotation({'exec_time': {'local_time_thr': LIMIT}})", {"exec_time": {"local_time_thr": 7}}),
        ("@annotation(annotation_dict=WHOLE)", {"component_name": {"name": "a"}}),
        ("@annotation({'exec_time': {'local_time_thr': None}})", {"exec_time": {}}),
    ],
)
def test_arguments_are_read_however_they_are_written(tmp_path: Path, above: str, expected: Any) -> None:
    constants = "LIMIT: int = 7\nFIRST = 'a'\nALL = [FIRST, 'c']\nWHOLE = {'component_name': {'name': FIRST}}\n"

    found = said(tmp_path, above, before=constants)

    if isinstance(expected, list):
        assert found["early_exits_model"]["transition_probabilities"] == expected
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("imported", "above"),
    [
        ("from functions.annotations import component_name", "@component_name('a')"),
        ("from functions.annotations import component_name as named", "@named('a')"),
        ("import functions.annotations", "@functions.annotations.component_name('a')"),
        ("import functions.annotations as ours", "@ours.component_name('a')"),
        ("from functions import annotations", "@annotations.component_name('a')"),
        ("from aisprint.annotations import component_name", "@component_name('a')"),
        ("import aisprint.annotations", "@aisprint.annotations.component_name('a')"),
        (
            "try:\n    from aisprint.annotations import component_name\nexcept ImportError:\n    pass",
            "@component_name('a')",
        ),
        ("from aisprint.annotations import *", "@component_name('a')"),
    ],
)
def test_annotations_are_known_by_where_they_come_from(tmp_path: Path, imported: str, above: str) -> None:
    found = read(tmp_path, f"{imported}\n\n{above}\ndef main(args): ...\n")

    assert found.said == {"component_name": {"name": "a"}}
    assert found.warnings == []


@pytest.mark.parametrize(
    "others",
    [
        "import functools\n\n@functools.cache",
        "from typing import no_type_check\n\n@no_type_check",
        "from theirs import security\n\n@security('for all', level=9)",
        "def security(level): ...\n\n@security('mine')",
        "import theirs\n\n@theirs.exec_time(forever=True)",
        "from theirs import *\n\n@sekurity(1)",
        "from theirs import task\n\n@task(lambda x: x)[0].made",
        "class timed: ...\n\n@timed",
    ],
)
def test_decorators_of_others_are_left_alone(tmp_path: Path, others: str) -> None:
    found = read(
        tmp_path,
        f"from functions.annotations import component_name\n{others}\n@component_name('a')\ndef main(args): ...\n",
    )

    assert found.said == {"component_name": {"name": "a"}}


def test_what_is_not_imported_is_read_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, "\n@component_name('a')\ndef main(args): ...\n")

    assert found.said == {"component_name": {"name": "a"}}
    (warning,) = found.warnings
    assert "src/c/main.py: line 2: nothing imports component_name" in warning


def test_the_annotation_of_everything_stands_for_the_others(tmp_path: Path) -> None:
    above = "@exec_time(9)\n@annotation({'component_name': {'name': 'b'}})\n@component_name('a')"

    found = read(tmp_path, f"{IMPORT}{above}\ndef main(args): ...\n")

    assert found.said == {"component_name": {"name": "b"}}
    assert [each.split(": ")[1:3] for each in found.warnings] == [
        ["line 2", "exec_time is passed over"],
        ["line 4", "component_name is passed over"],
    ]


def test_nothing_of_the_file_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "run"
    text = f"import pathlib\npathlib.Path({str(mark)!r}).touch()\n{IMPORT}@component_name('a')\ndef main(args): ...\n"

    assert read(tmp_path, text).said
    assert not mark.exists()


@pytest.mark.parametrize(
    ("above", "sentence"),
    [
        ("@exec_time", "line 3: exec_time lacks its parentheses"),
        ("@exec_tim(2)", "line 3: exec_tim is no annotation; did you mean exec_time?"),
        (
            "@exec_time(locale_time_thr=2)",
            "line 3: exec_time has no argument locale_time_thr; did you mean local_time_thr?",
        ),
        ("@exec_time(1, 2, [], 4)", "line 3: exec_time takes 3 arguments at most"),
        ("@exec_time(1, local_time_thr=2)", "line 3: exec_time is given local_time_thr a second time"),
        ("@exec_time(1)\n@exec_time(2)", "line 4: exec_time is there a second time"),
        ("@exec_time(*times)", "line 3: exec_time is given arguments by * or **"),
        ("@exec_time(**times)", "line 3: exec_time is given arguments by * or **"),
        ("@exec_time(int('2'))", "line 3: int('2') is the result of a call"),
        ("@exec_time(f'{2}')", "line 3: f'{2}' is put together when the file runs"),
        ("@exec_time(os.n)", "line 3: os.n belongs to another object or module"),
        ("@exec_time(\n    LIMITS\n)", "line 4: LIMITS is no constant of this file; did you mean LIMIT?"),
        ("@exec_time(TWICE)", "line 3: TWICE is set more than once"),
        ("@exec_time(LOOP)", "LOOP is set to what cannot be read without running it"),
        ("@exec_time(path)", "line 3: path is imported from os"),
        ("@exec_time(1 / 0)", "line 3: 1 / 0 is no number that can be used"),
        ("@exec_time(2 ** 99999999)", "is more than a sum of numbers"),
        ("@exec_time(9 * 'a')", "'a' is no number, and is calculated with"),
        ("@exec_time(prev_components={'a', 'b'})", "is a set, which has no order"),
        ("@annotation(5)", "line 3: annotation takes one mapping"),
        ("@annotation({'exec_time': {**LIMIT}})", "LIMIT is no name"),
        ("@annotation({'exec_time': {1: 2}})", "line 3: 1 is no name; names in this mapping are texts"),
        ("@annotation({'exec_time': {}, 'exec_time': {}})", "line 3: exec_time is there a second time"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, above: str, sentence: str) -> None:
    imports = "from functions.annotations import annotation, exec_time; from os import path"
    text = f"{imports}\n\n{above}\ndef main(args): ...\n"
    constants = "LIMIT = 1\nTWICE = 1\nTWICE = 2\nfor LOOP in (): pass\n"

    with pytest.raises(Rejected) as refused:
        read(tmp_path, text + constants)

    assert str(refused.value).startswith("src/c/main.py: line ")
    assert sentence in str(refused.value)


def test_constants_that_name_each_other_come_to_an_end(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="line 3: A is set to what cannot be read"):
        said(tmp_path, "@exec_time(A)", before="A = B\nB = A\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def mian(args): ...\n", "line 1: there is no function main; did you mean mian?"),
        ("def main(): ...\n\ndef main(args): ...\n", "line 3: there are 2 functions main, on lines 1 and 3"),
        ("class main: ...\n", "line 1: there is no function main"),
        ("def main(:\n", "line 1: it is not Python: invalid syntax"),
        ("x = 1\0\n", "src/c/main.py: "),
        ("x = " + "(" * 500, "src/c/main.py: "),
        ("x = " + "-" * 100_000 + "1\n", "src/c/main.py: "),
        ("x = " + "[" * 150 + "]" * 150 + "\ndef main(args): ...\nmain()\n" + "a." * 50_000 + "a\n", "src/c/main.py: "),
        (b"# coding: klingon\n", "src/c/main.py: "),
        (b"# coding: latin-1\nx = '\xe9'\n", "src/c/main.py: it is not UTF-8 text"),
        (b"x = '\xe9'\n", "src/c/main.py: "),
        (b"", "main.py is empty"),
        ("#" * 1_100_000, "main.py has 1,100,000 bytes, more than the limit"),
    ],
)
def test_what_is_no_component_ends_in_one_sentence(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    with pytest.raises(Rejected) as refused:
        read(tmp_path, text)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_link_is_no_component(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("def main(): ...\n")
    (tmp_path / "main.py").symlink_to("real.py")

    with pytest.raises(Rejected, match=r"main\.py is a link, not a file"):
        read_python(tmp_path / "main.py", "src/c/main.py")


def test_a_sum_of_ten_thousand_terms_is_refused_not_followed(tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        said(tmp_path, f"@exec_time({'1 + ' * 900}1)")
