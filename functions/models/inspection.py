"""Look at an uploaded model without opening it with anything that could run it: bytes in, facts or a refusal out."""

from pathlib import Path

from functions.models.facts import Form, Inspected, LayerFact, ModelLimits, ModelRefused, Shape

__all__ = ["Form", "Inspected", "LayerFact", "ModelLimits", "ModelRefused", "Shape", "inspect"]


def inspect(path: Path, limits: ModelLimits | None = None, *, name: str = "") -> Inspected:  # noqa: ARG001 - being written
    """Give what the model file at ``path`` is, having checked all of it that a loader would act on.

    Args:
        path: A regular file; a symbolic link is refused.
        limits: How large it may be; the defaults when None.
        name: What the person called it, when the local file has another name.

    Raises:
        ModelRefused: It is not a model of an accepted form, or something in it is not allowed; ``code`` says which.
    """
    raise ModelRefused("E_TYPE", f"{name or path.name} cannot be inspected yet")
