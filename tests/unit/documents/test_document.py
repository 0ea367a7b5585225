from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.datasets.definition import read_definition
from functions.documents.document import HostileError, parse
from functions.runtime.errors import Rejected

# Nine lists of nine aliases each unfold to 9**9 values.
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} [{','.join([f'*{chr(97 + level)}'] * 9)}]\n" for level in range(9)
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (BOMB, r"line 1: anchors \(&a\) are not read"),
        ("a: 1\nb: *a", r"line 2: aliases \(\*a\) are not read"),
        ("base: {a: 1}\nb:\n  <<: {a: 2}", r"line 3: merge keys \(<<\) are not read"),
        ("a: !!python/object/apply:os.system [id]", r"line 1: the tag tag:yaml.org,2002:python/object/apply:os.system"),
        ("a: 1\nb: !local x", "line 2: the tag !local is not read"),
        ("!!set {a, b}", "line 1: the tag"),
        ("a: " + "[" * 17 + "]" * 17, "line 1: more than 16 levels lie inside each other"),
        ("a: " + "{b: " * 50_000, "line 1: more than 16 levels lie inside each other"),
        ("a: " + "x" * 300_000, "it is larger than 256 KiB"),
        ("a: " + "ü" * 140_000, "it is larger than 256 KiB"),
        ("a: 1\n---\nb: 2", "line 2: a second document begins here"),
        ("? [a, b]\n: 1", "line 1: a field's name is not text"),
        ("", "it is empty"),
        ("# nothing", "it is empty"),
        ("- a\n- b", "it is not a mapping of fields"),
        ("a: 'b", "it is not YAML"),
        ("a:\tb:\n\tc", "it is not YAML"),
        ("a: \0", "it is not YAML"),
    ],
)
def test_a_hostile_document_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(HostileError, match=sentence) as refusal:
        parse(text)

    assert "\n" not in refusal.value.message


def test_numbers_words_and_names_are_read_as_yaml_1_2_means_them() -> None:
    document = parse("no: 1e-3\n'1': yes\ny: [on, 0123, .5, -7, 1., true, null, '2', 1_000]")

    assert document.content == {"no": 0.001, "1": "yes", "y": ["on", 123.0, 0.5, -7, 1.0, True, None, "2", "1_000"]}


def test_numbers_that_no_computer_holds_are_named_with_their_line() -> None:
    document = parse("a: 1\nb: .nan\nc: [0, -.inf]\nd: 1e999\ne: " + "9" * 5000)

    assert [(problem.line, problem.place) for problem in document.problems] == [
        (2, ("b",)), (3, ("c", 1)), (4, ("d",)), (5, ("e",)),
    ]  # fmt: skip


def test_a_field_that_is_written_twice_is_named_with_both_lines() -> None:
    document = parse("a: 1\nb:\n  c: 1\n  c: 2\na: 3")

    assert list(map(str, document.problems)) == [
        "line 4: c is written twice, first on line 3",
        "line 5: a is written twice, first on line 1",
    ]


def test_half_a_character_is_a_problem_and_not_an_error() -> None:
    document = parse('a: "\\ud800"')

    assert str(document.problems[0]) == "line 1: half a character is escaped here"


def test_json_is_read_with_its_lines_even_when_it_is_indented_with_tabs(tmp_path: Path) -> None:
    path = tmp_path / "dataset_definition.json"
    path.write_text('{\n\t"input_shape": [3],\n\t"output_shape": [1],\n\t"epoch": 3\n}\n')

    with pytest.raises(Rejected, match="line 4: epoch is not a field; did you mean epochs"):
        read_definition(path)


def test_a_definition_that_is_a_link_a_folder_or_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to("/etc/passwd")
    (tmp_path / "large.yaml").write_bytes(b"#" * 300_000)

    for name, sentence in (("link.yaml", "is a link"), (".", "is not a file"), ("large.yaml", "more than the limit")):
        with pytest.raises(Rejected, match=sentence):
            read_definition(tmp_path / name)


@given(st.text(max_size=200))
def test_any_text_is_a_document_or_refused(text: str) -> None:
    try:
        document = parse(text)
    except HostileError:
        return
    assert isinstance(document.content, dict)


@given(st.lists(st.sampled_from(list("abc:-[]{},&*!|>'\"% \n\t#?<019.~")), max_size=60).map("".join))
def test_any_punctuation_is_a_document_or_refused(text: str) -> None:
    try:
        document = parse(text)
    except HostileError:
        return
    assert isinstance(document.content, dict)
