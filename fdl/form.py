"""The base of everything that is read from an FDL file, and the kinds of value its fields have."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator


class Form(BaseModel):
    """Frozen, and closed: a field that it does not have is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, given: Any) -> Any:  # noqa: ANN401
        """A name with nothing after it, as in ``expose:``, leaves the field at its default."""
        if not isinstance(given, Mapping):
            return {} if given is None else given
        return {
            name: value for name, value in given.items() if value is not None or name.lower() not in cls.model_fields
        }


def _text(value: object) -> object:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


Ports = Annotated[tuple[int, ...], BeforeValidator(_one_or_more)]
