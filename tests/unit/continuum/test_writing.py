import json
import random

import yaml

from functions.continuum.writing import json_text, yaml_text
from functions.documents.document import Plain, parse

WORDS = ["a", "no", "08", "1e5", "1_000", "0x1f", "null", "~", "", " ", "a: b", "- x", "#", "'", '"', "\n", "é", "12"]
WORDS += [".inf", "2026-11-23", "<<", "=", "\u2028", "x\ny\n", "!tag", "&a", "*a", "%"]


def any_value(draw: random.Random, depth: int = 0) -> Plain:
    kind = draw.randrange(6 if depth < 3 else 4)
    if kind == 0:
        return draw.choice([True, False, None])
    if kind == 1:
        return draw.choice([0, 1, -3, 2**60, 0.5, 1e-5, 1e22, -2.5e-300])
    if kind < 4:
        return draw.choice(WORDS)
    if kind == 4:
        return [any_value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return any_mapping(draw, depth + 1)


def any_mapping(draw: random.Random, depth: int = 0) -> dict[str, Plain]:
    names = [word for word in WORDS if word != "<<"]
    return {name: any_value(draw, depth) for name in draw.sample(names, k=draw.randrange(1, 5))}


def test_any_plain_values_are_read_as_they_were_written() -> None:
    draw = random.Random(7)

    for _ in range(300):
        content = any_mapping(draw)

        document = parse(yaml_text(content))
        assert (document.content, document.problems) == (content, [])


def test_json_is_what_other_readers_take() -> None:
    content: dict[str, Plain] = {"a": [1, 0.5, None, True], "é": {"b": "x"}}

    assert json.loads(json_text(content)) == content


def test_numbers_of_layers_are_numbers_for_other_readers() -> None:
    assert yaml.safe_load(yaml_text({"1": 20, "01": 0.5})) == {1: 20, "01": 0.5}


def test_what_stands_in_two_places_is_written_twice() -> None:
    shared: list[Plain] = ["x"]

    assert "&" not in yaml_text({"a": shared, "b": shared})
