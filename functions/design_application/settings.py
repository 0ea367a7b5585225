"""The settings of design-application."""

from pydantic import Field

from functions.runtime import Settings


class DesignApplication(Settings):
    """Set from the environment as ``DESIGN_APPLICATION_MAX_FILES`` and so on."""

    max_bytes: int = Field(default=512_000_000, gt=0, description="Of the archive as it was uploaded.")
    max_unpacked: int = Field(default=1_000_000_000, gt=0, description="Bytes that it may unpack to.")
    max_files: int = Field(default=5_000, gt=0, description="In the archive.")
    max_deployments: int = Field(default=200, gt=0, le=1000, description="That are written; the first ones.")
