"""Settings of swap-model."""

from pydantic import Field

from functions.runtime import Settings
from functions.sandbox.walls import Setting


class SwapModel(Settings):
    """Set from the environment as ``SWAP_MODEL_LEVEL`` and so on."""

    level: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="Probability that one that is no better takes a model's place, of all that are compared with it.",
    )
    least_gain: float = Field(default=0.0, ge=0, description="By which the score has to be better at the least.")
    gatherer: str = Field(default="gather-drifted", description="The service that makes training sets.")
    stream: str = Field(
        default="", max_length=500, description="Of drift-check, to begin anew with a new model: tables/in/{model}."
    )
    sandbox: Setting = Field(default="auto", description="bubblewrap, landlock, the better one, or none at all.")
    seconds: float = Field(default=120, gt=0, description="Of trying one model.")
    memory: int = Field(default=1 << 30, ge=1 << 28, description="Bytes, of trying one model.")
    max_bytes: int = Field(default=2 << 30, gt=0, description="A larger model is refused.")
