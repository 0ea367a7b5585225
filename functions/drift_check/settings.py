"""Settings of drift-check."""

from typing import Literal

from pydantic import Field, field_validator

from functions.continuum.reading import read
from functions.drifting.configuration import FILE_NAME, Configuration
from functions.modelling.table_reading import LIMITS
from functions.runtime import Settings
from functions.runtime.errors import Rejected


class DriftCheck(Settings):
    """Set from the environment as ``DRIFT_CHECK_CONFIGURATION`` and so on."""

    configuration: str = Field(
        default="", max_length=100_000, description=f"Text of a {FILE_NAME}; without it, one beside each object counts."
    )
    collect: Literal["object", "input"] = Field(
        default="object", description="What is collected: the object, or what the function read that made it."
    )
    copies: Literal["drifted", "all", "none"] = Field(
        default="drifted", description="Whether what has not drifted is copied too, as _NO_DRIFT."
    )
    max_bytes: int = Field(default=LIMITS.bytes, gt=0, description="Of an object with observations.")

    @field_validator("configuration")
    @classmethod
    def _readable(cls, text: str) -> str:
        """Refuse at start what no event could be checked by."""
        if text:
            try:
                read(text, Configuration, source="it")
            except Rejected as error:
                raise ValueError(error.message) from None
        return text
