import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from functions.continuum.model import Model, Name, Number
from functions.continuum.reading import LARGEST_YAML, MalformedError, read
from functions.runtime.errors import Rejected


class Prices(Model):
    currency: Name
    prices: Mapping[Name, Number] = {}


def test_yaml_and_json_give_the_same(tmp_path: Path) -> None:
    content = {"currency": "EUR", "prices": {"VM1": 1.5}}
    for name in ("prices.yaml", "prices.json"):
        (tmp_path / name).write_text(json.dumps(content))

    assert read(tmp_path / "prices.yaml", Prices) == read(tmp_path / "prices.json", Prices)


def test_of_many_problems_five_are_shown_with_their_lines_and_the_rest_counted() -> None:
    text = "currency: EUR\nprices:\n" + "".join(f"  VM{index}: dear\n" for index in range(17))

    with pytest.raises(MalformedError) as refusal:
        read(text, Prices, source="prices.yaml")

    assert refusal.value.message.startswith("prices.yaml: line 3: prices.VM0 must be a number, not 'dear'; line 4: ")
    assert refusal.value.message.endswith("; and 12 more")
    assert len(refusal.value.problems) == 17


def test_json_has_places_and_no_lines() -> None:
    with pytest.raises(MalformedError) as refusal:
        read('{"currency": "EUR",\n "price": {}}', Prices, source="prices.json")

    assert refusal.value.message == "prices.json: price is not a field; did you mean prices?"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"currency: \xff\xfe", "p.yaml: line 1: it is not UTF-8 text"),
        (b"currency: EUR\nprices: {a: .nan}", "p.yaml: line 2: prices.a is .nan; a number here is finite"),
        (b"currency: EUR\ncurrency: EUR", "p.yaml: line 2: currency is written twice, first on line 1"),
        (b"currency: [", "p.yaml: line 1: it is not YAML"),
        (b"- currency", "p.yaml: it is not a mapping of fields"),
        (b"# nothing", "p.yaml: it is empty"),
        (b"currency: &a [" + b"&b [" * 2000, "p.yaml: line 1: more than 16 levels"),
        (b"currency: 'EUR'\nprices: {" + b"a" * LARGEST_YAML, "p.yaml has 1,048,601 bytes, more than the limit"),
    ],
)
def test_a_file_that_is_no_good_is_refused_in_one_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "p.yaml").write_bytes(data)

    with pytest.raises(Rejected) as refusal:
        read(tmp_path / "p.yaml", Prices)

    assert refusal.value.message.startswith(sentence)
    assert "\n" not in refusal.value.message


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("currency: EUR")
    (tmp_path / "p.yaml").symlink_to("real.yaml")

    with pytest.raises(Rejected, match=r"p\.yaml is a link, not a file"):
        read(tmp_path / "p.yaml", Prices)


@pytest.mark.parametrize("text", ["System: {currency: EUR}", "currency: EUR"])
def test_what_lies_in_one_field_may_also_stand_bare_where_the_format_says_so(text: str) -> None:
    assert read(text, Prices, inside="System", bare=True).currency == "EUR"


def test_the_one_field_around_everything_is_named_when_it_is_misspelt_or_missing() -> None:
    with pytest.raises(MalformedError, match=r"line 1: Sytem is not a field; did you mean System\?"):
        read("Sytem: {currency: EUR}", Prices, inside="System", bare=True)
    with pytest.raises(MalformedError, match="line 1: System is missing"):
        read("currency: EUR", Prices, inside="System")
    with pytest.raises(MalformedError, match=r"line 1: System\.curency is not a field; did you mean currency\?"):
        read("System: {curency: EUR}", Prices, inside="System")


def test_names_of_python_are_not_read_from_files() -> None:
    with pytest.raises(MalformedError, match="inner is not a field"):
        read("System: {currency: EUR}\ninner: {currency: EUR}", Prices, inside="System")
