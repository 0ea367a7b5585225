"""Settings: frozen models read from the environment once, at start, with every bad value named in one message."""

from collections.abc import Iterable, Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from functions.runtime.errors import Rejected


class SettingsError(Rejected):
    """One or more settings are wrong; the message names each of them."""


class Settings(BaseModel):
    """Base of a function's settings; field ``min_face`` of ``blur_faces`` is read from ``BLUR_FACES_MIN_FACE``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_environment(cls, prefix: str, environ: Mapping[str, str]) -> Self:
        """Read every field from ``environ``; an unset variable leaves the field at its default.

        Args:
            prefix: The function's or part's name, ``blur_faces`` or ``NORIA``.
            environ: Usually ``os.environ``.

        Raises:
            SettingsError: Values that do not fit, or variables with this prefix that no field has.
        """
        start = f"{prefix.upper()}_"
        known = {f"{start}{name.upper()}": name for name in cls.model_fields}
        problems = [
            f"{variable} is not a setting{nearest(variable, known)}"
            for variable in sorted(environ)
            if variable.startswith(start) and variable not in known
        ]
        given = {field: environ[variable] for variable, field in known.items() if variable in environ}
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            problems += [cls._problem(start, each["loc"], each["msg"], each["input"]) for each in error.errors()]
        if problems:
            raise SettingsError("; ".join(problems), hint=f"correct the environment variables that begin with {start}")
        return settings

    @classmethod
    def _problem(cls, start: str, location: tuple[int | str, ...], message: str, value: object) -> str:
        variable = start + "_".join(str(part) for part in location).upper()
        field = cls.model_fields.get(str(location[0])) if location else None
        is_secret = field is not None and SecretStr.__name__ in repr(field.annotation)
        shown = "a value that is not shown" if is_secret else f"value {value!r}"
        return f"{variable} has {shown}: {message[0].lower()}{message[1:]}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Give ``"; did you mean X?"`` for the known word most like ``word``, or nothing when none is like it."""
    import difflib  # for the wrong word only

    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""
