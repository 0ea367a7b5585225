"""Values of a configuration's keys: plain numbers, flags, words and shapes, each within bounds; none can name code."""

import math
import re
from collections.abc import Callable

from functions.models.facts import ModelLimits, ModelRefused
from functions.models.json_text import Json
from functions.models.keras.words import words
from functions.runtime.settings import nearest

Check = Callable[[Json, str, ModelLimits], None]
"""Takes a value, the JSON path where it stands, and the limits; refuses by ModelRefused."""

WORD = re.compile(r"[A-Za-z0-9_.+\-]{0,64}\Z")
NAME = re.compile(r"[^\x00-\x1f\x7f/\\]{1,200}\Z")
MAX_NUMBERS = 10_000
MAX_RANK = 16
ACTIVATIONS = frozenset(
    words("""celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
    log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
    sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold""")
)
DTYPES = frozenset(
    words("""float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool mixed_float16
    mixed_bfloat16""")
)
OPTIMIZERS = frozenset(words("sgd adam adamw adamax nadam lamb lion adadelta adagrad adafactor rmsprop ftrl"))
LOSSES = frozenset(
    words("""binary_crossentropy binary_focal_crossentropy categorical_crossentropy categorical_focal_crossentropy
    categorical_hinge cosine_similarity dice hinge huber kl_divergence log_cosh mean_absolute_error
    mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error poisson
    sparse_categorical_crossentropy squared_hinge tversky bce BCE kld KLD mae MAE mse MSE mape MAPE msle MSLE
    logcosh""")
)
METRICS = LOSSES | frozenset(
    words("""accuracy acc crossentropy ce binary_accuracy categorical_accuracy sparse_categorical_accuracy
    top_k_categorical_accuracy sparse_top_k_categorical_accuracy Accuracy AUC Precision Recall F1Score R2Score
    BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy MeanSquaredError RootMeanSquaredError
    MeanAbsoluteError""")
)


def refused(value: Json, at: str, wanted: str) -> ModelRefused:
    """Give the refusal for a value that is not what its key wants."""
    shown = ascii(value)
    return ModelRefused("E_VALUE", f"{shown[:80]} is not {wanted}", where=at)


def nothing(value: Json, at: str, limits: ModelLimits) -> None:  # noqa: ARG001 - one signature for all
    """Take null alone: a feature that a model to be trained cannot use."""
    if value is not None:
        raise refused(value, at, "null, the only value allowed here")


def off(value: Json, at: str, limits: ModelLimits) -> None:  # noqa: ARG001 - one signature for all
    """Take false or null alone."""
    if value is not None and value is not False:
        raise refused(value, at, "false, the only value allowed here")


def flag(value: Json, at: str, limits: ModelLimits) -> None:  # noqa: ARG001 - one signature for all
    """Take true or false."""
    if not isinstance(value, bool):
        raise refused(value, at, "true or false")


def size(value: Json, at: str, limits: ModelLimits) -> None:
    """Take a whole number from 1 to ``limits.max_units``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise refused(value, at, "a whole number above 0")
    if value > limits.max_units:
        raise ModelRefused("E_TOO_LARGE", f"{value} is more than the {limits.max_units} allowed", where=at)


def few(value: Json, at: str, limits: ModelLimits) -> None:
    """Take null or a whole number up to 1000: Keras makes squares of some, before there is any data."""
    if value is not None:
        size(value, at, limits.model_copy(update={"max_units": min(limits.max_units, 1_000)}))


def numbers(value: Json, at: str, limits: ModelLimits) -> None:  # noqa: ARG001 - one signature for all
    """Take null, a finite number, or lists of them two deep."""
    level, count = [value], 0
    for _ in range(4):
        inner: list[Json] = []
        for each in level:
            if isinstance(each, list):
                inner += each
            elif each is not None and (not isinstance(each, int | float) or not _finite(each)):
                raise refused(each, at, "a number")
            elif isinstance(each, int) and abs(each) > 1 << 53:
                raise refused(each, at, "a number of reasonable size")
        count += len(inner)
        if count > MAX_NUMBERS:
            raise ModelRefused("E_TOO_LARGE", f"{count} numbers where few belong", where=at)
        level = inner
    if level:
        raise ModelRefused("E_DEPTH", "lists in lists in lists", where=at)


def _finite(value: float) -> bool:
    return abs(value) <= 1 << 64 if isinstance(value, int) else math.isfinite(value)


def integers(value: Json, at: str, limits: ModelLimits) -> None:
    """Take null, a whole number within ``limits.max_units``, or lists of them."""
    numbers(value, at, limits)
    level = [value]
    while level:
        each = level.pop()
        if isinstance(each, list):
            level += each
        elif each is None:
            continue
        elif not isinstance(each, int) or isinstance(each, bool):
            raise refused(each, at, "a whole number")
        elif abs(each) > limits.max_units:
            raise ModelRefused("E_TOO_LARGE", f"{each} is more than the {limits.max_units} allowed", where=at)


def shape(value: Json, at: str, limits: ModelLimits) -> None:
    """Take a list of sizes, null for an open one."""
    if not isinstance(value, list) or len(value) > MAX_RANK:
        raise refused(value, at, "a shape")
    for each in value:
        if each is not None:
            size(each, at, limits)


def word(value: Json, at: str, limits: ModelLimits) -> None:  # noqa: ARG001 - one signature for all
    """Take null or a short word without slashes or colons."""
    if value is not None and not (isinstance(value, str) and WORD.match(value)):
        raise refused(value, at, "a word")


def name(value: Json, at: str, limits: ModelLimits) -> None:  # noqa: ARG001 - one signature for all
    """Take null or a name without slashes."""
    if value is not None and not (isinstance(value, str) and NAME.match(value) and value not in (".", "..")):
        raise ModelRefused("E_PATH", f"{ascii(value)[:80]} is no name", where=at)


def one_of(known: frozenset[str], kind: str) -> Check:
    """Give the check for a name from a list."""

    def check(value: Json, at: str, limits: ModelLimits) -> None:  # noqa: ARG001 - one signature for all
        if value is None or (isinstance(value, str) and value in known):
            return
        if not isinstance(value, str):
            raise ModelRefused(
                "E_VALUE", f"the {kind} is not given by a name of Keras", where=at,
                hint="an activation with settings, such as LeakyReLU, can be a layer of its own",
            )  # fmt: skip
        raise ModelRefused(
            "E_CLASS_NOT_ALLOWED", f"{ascii(value)[:80]} is no {kind} of Keras{nearest(value, known)}", where=at
        )

    return check


optimizer = one_of(OPTIMIZERS, "optimizer")
activation = one_of(ACTIVATIONS, "activation")
dtype_name = one_of(DTYPES, "dtype")
