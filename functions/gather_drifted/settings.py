"""Settings of gather-drifted."""

from pydantic import Field, ValidationInfo, field_validator

from functions.runtime import Settings


class GatherDrifted(Settings):
    """Set from the environment as ``GATHER_DRIFTED_ROWS`` and so on."""

    rows: int = Field(default=500, ge=20, description="New labelled rows that a training set is made of at the least.")
    kept: float = Field(default=0.3, gt=0, lt=0.9, description="Share of rows that no training sees.")
    least_kept: int = Field(default=50, ge=10, description="Rows that are kept at the least, or no set is made.")
    most_rows: int = Field(
        default=200_000, ge=100, validate_default=True, description="Of one set; the newest tables are taken."
    )
    most_tables: int = Field(default=2000, ge=1, description="That are remembered; older ones go.")
    keeper: str = Field(default="swap-model", description="The service that puts models in place.")

    @field_validator("most_rows")
    @classmethod
    def _has_room(cls, most: int, info: ValidationInfo) -> int:
        """Refuse what would never let a set be made."""
        if most < info.data.get("rows", 0):
            raise ValueError(f"is less than the {info.data['rows']:,} new rows that a set is made of")
        return most
