import pytest

from functions.documents.document import HostileError, parse_json


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": {"b": [1, NaN]}}', "a.b.1: it is not JSON: NaN is no number"),
        ('{"a": {"b": -Infinity}}', "a.b: it is not JSON: -Infinity is no number"),
        ('{"a": [{"b": 1e999}]}', "a.0.b: 1e999 is greater than any number that a computer holds"),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', "a.b: an object has 'b' twice"),
        ('{"a": {"b": "x\\ud800"}}', "a.b: half a character is escaped here"),
        ('{"a": {"\\uD800": 1}}', "a.'\\ud800': half a character is escaped here"),
        (f'{{"a": {"9" * 5000}}}', f"a: {'9' * 40}... has more than 4,000 digits"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(HostileError) as refusal:
        parse_json(text)

    assert refusal.value.message == sentence


def test_the_first_of_several_is_told_and_of_its_own_kind() -> None:
    with pytest.raises(HostileError, match=r"^a: it is not JSON: NaN is no number$"):
        parse_json('{"a": NaN, "b": {"c": 1, "c": 2}, "d": Infinity}')


def test_a_whole_character_that_is_escaped_as_two_halves_is_read() -> None:
    assert parse_json('{"a": "\\ud83d\\ude00"}').content == {"a": "\U0001f600"}


def test_a_long_object_with_one_name_twice_is_refused_soon() -> None:
    names = ", ".join(f'"n{number}": 0' for number in range(100_000))

    with pytest.raises(HostileError, match="n7: an object has 'n7' twice"):
        parse_json(f'{{{names}, "n7": 1}}', largest=10_000_000)
