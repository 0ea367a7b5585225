from collections.abc import Mapping
from typing import Annotated, Literal

import pytest
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from functions.documents.document import parse
from functions.documents.wording import problems


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Cat(Closed):
    kind: Literal["cat"]
    sleeps: int = Field(alias="hoursAsleep", description="Hours a day.")


class Dog(Closed):
    kind: Literal["dog"]
    barks: bool = False


class Owner(Closed):
    name: str
    key: SecretStr = SecretStr("")


class House(Closed):
    rooms: Mapping[str, tuple[Annotated[Cat | Dog, Field(discriminator="kind")], ...]] = {}
    owner: Owner | None = None
    area: int = Field(default=1, validation_alias=AliasChoices("area", "surfaceArea"))


def sentences(text: str) -> list[str]:
    document = parse(text)
    with pytest.raises(ValidationError) as refusal:
        House.model_validate(document.content)
    return [str(problem) for problem in problems(refusal.value, document, House)]


def test_the_nearest_field_is_found_below_names_lists_and_unions_and_under_its_alias() -> None:
    assert sentences("rooms:\n  hall:\n  - kind: cat\n    hourAsleep: 3") == [
        "line 4: rooms.hall.0.hourAsleep is not a field; did you mean hoursAsleep?"
    ]


def test_what_is_missing_is_said_under_the_documents_name() -> None:
    assert sentences("rooms: {hall: [{kind: cat}]}") == ["line 1: rooms.hall.0.hoursAsleep is missing: hours a day"]


def test_a_kind_that_there_is_not_is_said_with_the_nearest_that_there_is() -> None:
    assert sentences("rooms: {hall: [{kind: dogg}]}") == [
        "line 1: rooms.hall.0.kind is 'dogg', not 'cat', 'dog'; did you mean dog?"
    ]
    assert sentences("rooms: {hall: [{barks: true}]}") == ["line 1: rooms.hall.0.kind is missing"]


def test_each_of_a_fields_names_is_one_that_can_be_meant() -> None:
    assert sentences("surfaceAria: 3") == ["line 1: surfaceAria is not a field; did you mean surfaceArea?"]


@pytest.mark.parametrize("text", ["owner: {name: me, key: 12345}", "owner: 12345", "owner: {name: me, key: [12345]}"])
def test_what_may_be_a_secret_is_in_no_sentence(text: str) -> None:
    said = " ".join(sentences(text))

    assert "12345" not in said
    assert "may be a secret" in said
