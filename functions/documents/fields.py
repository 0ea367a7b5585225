"""What a model has at a place of a document: which fields, under the document's names, and whether secrets."""

from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Annotated, TypeGuard, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel, RootModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from functions.documents.document import Place


def fields(model: type[BaseModel], place: Place) -> list[str]:
    """Give the names of the fields that may stand at ``place``."""
    return [name for each in _annotations(model, place) if _is_model(each) for name in _named(each)]


def description(model: type[BaseModel], place: Place) -> str:
    """Give what the field at ``place`` says of itself; nothing where it says nothing."""
    for each in _annotations(model, place[:-1]):
        if _is_model(each) and (field := _named(each).get(str(place[-1]))):
            return field.description or ""
    return ""


def is_secret(model: type[BaseModel], place: Place) -> bool:
    """Whether what stands at ``place`` is a secret, or has one in it."""
    return any(_has_secrets(each) for each in _annotations(model, place))


def _annotations(model: type[BaseModel], place: Place) -> list[object]:
    """Give the types of what may stand at ``place``, unions taken apart."""
    current: list[object] = list(_kinds(model))
    for part in place:
        current = [kind for each in current for inner in _under(each, part) for kind in _kinds(inner)]
    return current


def _kinds(annotation: object) -> Iterator[object]:
    """Give what a value of this type may be: the sides of unions, without what ``Annotated`` adds."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for inner in get_args(annotation):
            yield from _kinds(inner)
    elif isinstance(annotation, type) and issubclass(annotation, RootModel):
        yield from _kinds(annotation.model_fields["root"].annotation)
    else:
        yield annotation


def _under(kind: object, part: str | int) -> Iterator[object]:
    """Give the types of what ``kind`` has under a field's name, a mapping's key or a place in a list."""
    arguments = [inner for inner in get_args(kind) if inner is not Ellipsis]
    if _is_model(kind):
        if field := _named(kind).get(str(part)):
            yield field.annotation
    elif isinstance(part, int):
        yield from arguments
    elif len(arguments) == 2:
        yield arguments[1]


def _is_model(kind: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


@cache
def _named(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Give a model's fields by the names that a document has for them."""
    names: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        alias = field.validation_alias or field.alias or name
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
        names |= {choice: field for choice in choices if isinstance(choice, str)}
    return names


def _has_secrets(annotation: object, seen: frozenset[object] = frozenset()) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, SecretStr | SecretBytes):
        return True
    inner = list(get_args(annotation))
    if _is_model(annotation) and annotation not in seen:
        seen |= {annotation}
        inner = [field.annotation for field in annotation.model_fields.values()]
    return any(_has_secrets(each, seen) for each in inner)
