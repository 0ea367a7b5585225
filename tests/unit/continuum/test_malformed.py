"""Thousands of files that somebody got a little wrong: each is refused in one sentence, or read as what it says.

``FUZZ_SEED`` draws other ones, ``FUZZ_COUNT`` more of them a format; a failure names the seed and what was changed.
"""

import os
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from functions.documents.document import parse, parse_json
from functions.runtime.errors import Rejected
from tests.continuum_samples import SECRET
from tests.unit.continuum.formats import FORMATS, Format, named
from tests.unit.continuum.mutations import Mutation, as_text, dotted, drawn, texts

SEED = int(os.environ.get("FUZZ_SEED", "20261123"))
COUNT = int(os.environ.get("FUZZ_COUNT", "70"))
CUTS = int(os.environ.get("FUZZ_CUTS", "5"))

LONGEST = 2_000
"""Characters of a sentence, with up to five problems in it."""
_JARGON = re.compile(
    r"traceback|pydantic|validat|input_value|input_type|should be|value error|error_type|\btype=|__\w+__|<class"
    r"|object at 0x|NoneType|\bException\b|Errno|KeyError|TypeError|constrained|function-|recursion|codec|sys\.",
    re.IGNORECASE,
)

every_format = pytest.mark.parametrize("form", FORMATS, ids=[form.file for form in FORMATS])


@every_format
def test_the_sample_itself_is_read_as_what_it_says(form: Format, tmp_path: Path) -> None:
    path = tmp_path / form.file
    path.write_text(form.sample)

    assert normal(form.read(path)) == normal(form.meant(form.content))


@every_format
def test_fields_that_are_wrong_are_refused_with_their_place_or_read_as_they_are(form: Format, tmp_path: Path) -> None:
    draw = random.Random(f"{SEED}/{form.file}")
    verdicts: Counter[str] = Counter()

    changes = drawn(form.content, form.loose, count=COUNT, draw=draw)
    for mutation in changes:
        text = as_text(mutation.content, json_file=form.is_json)
        said = verdict(form, tmp_path, text.encode(), what=str(mutation), refused=mutation.refused)
        verdicts["read" if said is None else "refused"] += 1
        if said is not None and mutation.refused:
            assert names_the_place(said, mutation), f"seed {SEED}, {mutation}: no place of it in: {said}"
            assert mutation.word in said, f"seed {SEED}, {mutation}: not {mutation.word} in: {said}"

    assert verdicts["refused"] > len(changes) / 2
    assert verdicts["read"] > 0


@every_format
def test_texts_that_are_broken_are_refused_or_read_as_they_are(form: Format, tmp_path: Path) -> None:
    draw = random.Random(f"{SEED}/{form.file}/text")

    for what, data, refused in texts(form.sample, draw=draw, count=CUTS):
        verdict(form, tmp_path, data, what=what, refused=refused)


def test_there_are_a_thousand_of_them() -> None:
    broken = len(list(texts("a: 1", draw=random.Random(SEED), count=CUTS)))

    assert len(FORMATS) * (COUNT + broken) >= 1000


def verdict(form: Format, folder: Path, data: bytes, *, what: str, refused: bool) -> str | None:
    """Read a changed file; give the sentence of its refusal, or nothing where it was read as what it says."""
    path = folder / form.file
    path.write_bytes(data)
    case = f"seed {SEED}, {form.file}, {what}"
    try:
        understood = form.read(path)
    except Rejected as error:
        check_sentence(error.message, form, case)
        check_sentence(f"{form.file}: {error.hint}", form, case)
        return error.message
    assert not refused, f"{case}: was read"
    written = parse_json(data.decode()) if form.is_json else parse(data.decode("utf-8-sig"), aliases=True)
    assert normal(understood) == normal(form.meant(named(written.content))), f"{case}: was read as something else"
    return None


def check_sentence(sentence: str, form: Format, case: str) -> None:
    """A refusal is for people: it names the file, on one line, without secrets and the words of programmers."""
    assert sentence.startswith((f"{form.file}: ", f"{form.file} ")), f"{case}: no file in: {sentence}"
    assert sentence.isprintable(), f"{case}: more than one line, or unprintable: {sentence!a}"
    assert len(sentence) <= LONGEST, f"{case}: {len(sentence)} characters: {sentence[:200]}"
    assert not _JARGON.search(sentence), f"{case}: jargon in: {sentence}"
    assert SECRET not in sentence, f"{case}: a secret in: {sentence}"


def names_the_place(sentence: str, mutation: Mutation) -> bool:
    """Whether the sentence has the place that was changed, or what is around it, or who else has the name there."""
    place = mutation.place
    if mutation.kind == "deep" and re.search(r"line \d+: more than \d+ levels", sentence):
        return True
    if mutation.kind == "removed" and len(place) == 1 and " is missing" in sentence:
        return True
    ways = [place, place[:-1] or place, place[:-2] if len(place) > 3 else place]
    # Who else has a name may be told of it first.
    return any(each in sentence for each in (*map(dotted, ways), *map(repr, filter(None, mutation.names))))


_DEFAULTS: dict[str, object] = {
    "description": "",
    "early_exit_probability": 0,
    "n_cores": 1,
    "transition_cost": 0,
    "Time": 1,
}
"""What the reader of the internal system fills in, as continuum.md 2.10 has it."""

_OTHER_NAMES = {"components_path": "path_components", "tempBegin": "temperature", "BS": "BinarySearch"}
_ONCE_SINGLE = ("next", "data_size")
"""Lists of the internal system that were single values in its older dialects."""
_SECRETS = ("ssh_key", "access_key", "secret_key", "token")
_NOTHING: tuple[Any, ...] = (None, {}, [], [""])


def normal(content: Any, name: str = "") -> Any:
    """Give content without what says nothing: empty fields, defaults, the order of fields, secrets."""
    if isinstance(content, dict):
        fields = {_OTHER_NAMES.get(key, key): normal(content[key], key) for key in sorted(content)}
        said = {key: value for key, value in fields.items() if value not in _NOTHING}
        return {key: value for key, value in said.items() if _DEFAULTS.get(key) != value}
    if isinstance(content, list):
        return [normal(each) for each in content]
    if name in _ONCE_SINGLE and content is not None:
        return [content]
    if isinstance(content, str) and name in _SECRETS:
        return "**********"
    if content == "nall":
        return None
    return _OTHER_NAMES.get(content, content) if isinstance(content, str) else content
