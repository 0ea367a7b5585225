"""What pydantic found, in a sentence about the file."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from fdl.errors import nearest
from fdl.form import Form

_KINDS = {"string_type": "text", "tuple_type": "a list", "dict_type": "a mapping", "model_type": "a mapping"}


def sentence(error: ErrorDetails, form: type[Form], called: str) -> str:
    """Say what is wrong; a value is shown only where it cannot be a secret."""
    place = ".".join(str(part) for part in error["loc"])
    last = str(error["loc"][-1])[:80] if error["loc"] else called
    if error["type"] == "extra_forbidden":
        known = _names(_form_at(form, error["loc"][:-1]))
        inside = ".".join(str(part) for part in error["loc"][:-1] if not isinstance(part, int))
        where = f"a field of {inside} of {called}" if inside else f"a field of {called}"
        return f"{last} is not {where}{nearest(last, known)}"
    if error["type"] == "missing":
        inside = place.rpartition(".")[0] or called
        return f"{inside} has no {last}"
    if error["type"] in _KINDS:
        return (
            f"{place or called} is {_kind(error['input'])}, not {_KINDS[error['type']]}{_placeholder(error['input'])}"
        )
    said = str(error["ctx"]["error"]) if error["type"] == "value_error" else error["msg"]
    shown = f" has value {error['input'][:80]!r}" if isinstance(error["input"], str) else ""
    return f"{place or called}{shown}: {said[0].lower()}{said[1:]}"


def _kind(value: object) -> str:
    if isinstance(value, list | tuple):
        return "a list"
    return "a mapping" if isinstance(value, Mapping) else "text"


def _placeholder(value: object) -> str:
    alone = isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)
    return "; was it a placeholder to fill in?" if alone else ""


def _names(form: type[Form] | None) -> list[str]:
    if form is None:
        return []
    return [alias for name, field in form.model_fields.items() for alias in _aliases(name, field)]


def _aliases(name: str, field: FieldInfo) -> list[str]:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [str(alias)] if alias else [name]


def _form_at(form: type[Form], place: tuple[int | str, ...]) -> type[Form] | None:
    """Follow a place through forms, lists and mappings to the form that it is in."""
    inside: type[Form] | None = form
    parts = iter(place)
    for part in parts:
        if inside is None:
            return None
        named = [field for name, field in inside.model_fields.items() if str(part) in _aliases(name, field)]
        annotation = named[0].annotation if named else None
        if get_origin(annotation) in (tuple, dict):
            next(parts, None)  # the number or the name of the one in it
        inside = _form_in(annotation)
    return inside


def _form_in(annotation: Any) -> type[Form] | None:  # noqa: ANN401
    """The form of ``Form``, ``Form | None``, ``tuple[Form, ...]`` or ``dict[str, Form]``."""
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, Form):
            return each
    return None
