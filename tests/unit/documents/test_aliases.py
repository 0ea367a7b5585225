import pytest
import yaml

from functions.documents.document import HostileError, parse

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} [{','.join([f'*{chr(97 + level)}'] * 9)}]\n" for level in range(9)
)
DEEP = "a0: &a0 [x]\n" + "".join(f"a{level + 1}: &a{level + 1} [*a{level}]\n" for level in range(40))


def test_what_a_program_has_in_two_places_is_read_in_both() -> None:
    shared = {"cost": 1.2, "tags": ["a", "b"]}
    text = yaml.dump({"first": shared, "second": [shared, shared]})

    document = parse(text, aliases=True)

    assert "&id001" in text
    assert document.content == {"first": shared, "second": [shared, shared]}
    assert document.line(("second", 1, "tags")) == text.splitlines().index("- *id001") + 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (BOMB, "line 5: the aliases up to here stand for more than 20,000 values"),
        (f"a: &a [{', '.join(['x'] * 100)}]\nb: [{', '.join(['*a'] * 200)}]", "line 2: the aliases up to here stand"),
        (DEEP, "line 16: more than 16 levels lie inside each other"),
        ("a: &a [*a]", r"line 1: \*a stands for nothing that is finished before it"),
        ("a: *b\nb: &b 1", r"line 1: \*b stands for nothing"),
        ("a: &a {x: 1}\nb: {<<: *a}", r"line 2: merge keys \(<<\) are not read"),
        ("&a a: 1", r"line 1: anchors \(&a\) are not read"),
        ("a: &a 1\n*a : 2", r"line 2: aliases \(\*a\) are not read"),
        ("a: &a !!python/name:os.system x", "line 1: the tag"),
    ],
    ids=["bomb", "many", "deep", "itself", "later", "merge", "name", "alias as a name", "tag"],
)
def test_aliases_that_make_a_small_file_large_or_endless_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(HostileError, match=sentence):
        parse(text, aliases=True)


def test_an_anchor_may_be_used_again_for_something_else() -> None:
    assert parse("a: &x 1\nb: *x\nc: &x 2\nd: *x", aliases=True).content == {"a": 1, "b": 1, "c": 2, "d": 2}
