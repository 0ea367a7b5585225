"""How large an uploaded data set may be, before anything of it is unpacked or decoded."""

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """Caps that hold for every kind of data set; each refusal names the limit that was met."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int = Field(default=2_000_000_000, gt=0, description="Of the file as it was uploaded.")
    unpacked: int = Field(default=4_000_000_000, gt=0, description="Bytes that all of a compressed file unpacks to.")
    ratio: int = Field(default=200, gt=1, description="Times that one part of a compressed file may grow.")
    rows: int = Field(default=20_000_000, gt=0, description="Samples.")
    columns: int = Field(default=10_000, gt=0, description="Of a table, the label among them.")
    values: int = Field(default=500_000_000, gt=0, description="Numbers in all inputs, 4 bytes each in memory.")
    line: int = Field(default=1_000_000, gt=0, description="Bytes of one row of a CSV file.")
    members: int = Field(default=200_000, gt=0, description="Files in an archive.")
    member: int = Field(default=50_000_000, gt=0, description="Bytes that one picture unpacks to, before decoding.")
    pixels: int = Field(default=25_000_000, gt=0, description="Of one picture as it was uploaded.")
    classes: int = Field(default=10_000, gt=1, description="Different labels.")
