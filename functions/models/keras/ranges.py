"""Values of keys that Keras takes in a range only: found here, they are refused before Keras is imported."""

import math

from functions.models.facts import ModelLimits
from functions.models.json_text import Json
from functions.models.keras import values
from functions.models.keras.values import Check, refused
from functions.models.keras.words import words


def number(value: Json, at: str, limits: ModelLimits) -> None:  # noqa: ARG001 - one signature for all
    """Take one finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e300:
        raise refused(value, at, "a number")


def amount(value: Json, at: str, limits: ModelLimits) -> None:
    """Take one number from 0 on."""
    _between(value, at, limits, least=0, most=math.inf, wanted="a number from 0 on")


def share(value: Json, at: str, limits: ModelLimits) -> None:
    """Take one number from 0 to 1."""
    _between(value, at, limits, least=0, most=1, wanted="a number from 0 to 1")


def counts(value: Json, at: str, limits: ModelLimits) -> None:
    """Take a whole number from 1 on, or a list of one to three."""
    each = value if isinstance(value, list) else [value]
    if not 1 <= len(each) <= 3:
        raise refused(value, at, "one to three whole numbers above 0")
    for one in each:
        values.size(one, at, limits)


def seed(value: Json, at: str, limits: ModelLimits) -> None:
    """Take null or one whole number."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise refused(value, at, "a whole number")
    values.integers(value, at, limits)


def whole(value: Json, at: str, limits: ModelLimits) -> None:
    """Take one whole number."""
    if value is None:
        raise refused(value, at, "a whole number")
    seed(value, at, limits)


def from_two(value: Json, at: str, limits: ModelLimits) -> None:
    """Take null or a whole number from 2 on."""
    seed(value, at, limits)
    if isinstance(value, int) and value < 2:
        raise refused(value, at, "a whole number above 1")


def or_null(check: Check) -> Check:
    """Give the check that takes null too."""

    def optional(value: Json, at: str, limits: ModelLimits) -> None:
        if value is not None:
            check(value, at, limits)

    return optional


def one_word_of(known: str, *, null: bool = True) -> Check:
    """Give the check for one of some words, or for null too."""
    allowed = frozenset(words(known))
    wanted = f"one of {', '.join(sorted(allowed))}"

    def check(value: Json, at: str, limits: ModelLimits) -> None:  # noqa: ARG001 - one signature for all
        if not (null if value is None else isinstance(value, str) and value in allowed):
            raise refused(value, at, wanted)

    return check


def _between(value: Json, at: str, limits: ModelLimits, *, least: float, most: float, wanted: str) -> None:
    number(value, at, limits)
    if not isinstance(value, int | float) or not least <= value <= most:
        raise refused(value, at, wanted)


_EDGES = {f"ZeroPadding{n}D" for n in (1, 2, 3)}
_CAUSAL = {"Conv1D", "SeparableConv1D"}
_RECTIFIER = {"negative_slope": amount, "threshold": amount, "max_value": or_null(amount)}

OF_CLASS: dict[tuple[str, str], Check] = {
    **{(name, "padding"): values.integers for name in _EDGES},
    **{(name, "padding"): one_word_of("valid same causal", null=False) for name in _CAUSAL},
    **{("ReLU", key): check for key, check in _RECTIFIER.items()},
    ("BatchNormalization", "axis"): whole,
    ("LeakyReLU", "negative_slope"): amount,
    ("SGD", "momentum"): share,
    **{(f"{kind}Pooling{n}D", "strides"): or_null(counts) for kind in ("Max", "Average") for n in (1, 2, 3)},
}
"""(class, key) -> check, where one class takes less than others do under the same key."""
RANGES: dict[str, Check] = {
    **dict.fromkeys(words("rate dropout recurrent_dropout drop_path_rate label_smoothing"), share),
    **dict.fromkeys(words("momentum renorm_momentum beta_1 beta_2 rho ema_momentum"), share),
    **dict.fromkeys(words("epsilon stddev l1 l2"), amount),
    **dict.fromkeys(words("gain minval maxval mask_value power initial_learning_rate decay_rate"), number),
    **dict.fromkeys(words("end_learning_rate t_mul m_mul delta"), number),
    **dict.fromkeys(words("kernel_size pool_size size dilation_rate"), counts),
    "strides": counts,
    "reduction": one_word_of("sum_over_batch_size none mean_with_sample_weight mean sum"),
    "gradient_accumulation_steps": from_two,
    "padding": one_word_of("valid same", null=False),
    "data_format": one_word_of("channels_last channels_first"),
    "interpolation": one_word_of("nearest bilinear bicubic lanczos3 lanczos5 area gaussian mitchellcubic"),
    "fill_mode": one_word_of("constant reflect wrap nearest"),
    "merge_mode": one_word_of("sum mul concat ave"),
    "distribution": one_word_of("normal uniform truncated_normal untruncated_normal"),
    "score_mode": one_word_of("dot concat"),
    "output_mode": one_word_of("one_hot multi_hot count int"),
}
"""Key -> what every class takes under it."""
