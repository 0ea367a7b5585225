"""The configuration as Keras serialises it: objects of listed classes with listed keys, nothing else at any depth."""

from collections.abc import Mapping

from functions.models.facts import ModelLimits, ModelRefused
from functions.models.json_text import Json
from functions.models.keras import values
from functions.models.keras.classes import MODELS, TABLES
from functions.models.keras.ranges import OF_CLASS, RANGES, number, seed
from functions.models.keras.values import Check
from functions.models.keras.words import words
from functions.runtime.settings import nearest

OBJECT = {"module", "class_name", "config", "registered_name", "shared_object_id"}
LAYER = OBJECT | {"build_config", "name", "inbound_nodes"}
MODEL = LAYER | {"compile_config"}
CODE = {"Lambda", "__lambda__"}
CALLS = {
    "mask", "training", "initial_state", "attention_mask", "query", "key", "value", "query_mask", "key_mask",
    "value_mask", "use_causal_mask", "return_attention_scores", "axis", "keepdims",
}  # fmt: skip

_NUMBERS = """rate momentum epsilon alpha negative_slope threshold max_value min_value factor height_factor width_factor
 value_range fill_value scale offset mean variance stddev dropout recurrent_dropout gain minval maxval value l1 l2
 mask_value renorm_clipping renorm_momentum recurrent_dropout weight_decay clipnorm global_clipnorm clipvalue
 ema_momentum loss_scale_factor beta_1 beta_2 rho initial_accumulator_value beta_2_decay epsilon_1 epsilon_2
 clip_threshold learning_rate_power l1_regularization_strength l2_regularization_strength
 l2_shrinkage_regularization_strength beta initial_learning_rate decay_rate end_learning_rate power boundaries values
 warmup_target t_mul m_mul label_smoothing gamma delta thresholds recall precision specificity sensitivity
 label_weights init_values drop_path_rate"""
_INTEGERS = """kernel_size strides dilation_rate pool_size size cropping output_padding axis axes dims target_shape
 shared_axes attention_axes noise_shape input_axes output_axes output_shape batch_shape build_input_shape
 sliding_window ema_overwrite_frequency gradient_accumulation_steps decay_steps first_decay_steps warmup_steps
 ignore_class num_thresholds class_id num_regressors input_length"""
_FEW = "num_labels num_classes top_k k"
_SIZES = """units filters input_dim output_dim num_heads key_dim value_dim depth_multiplier groups n height width
 num_tokens projection_dim"""
_FLAGS = """trainable use_bias optional mask_zero center rms_scaling synchronized renorm invert keepdims
 crop_to_aspect_ratio pad_to_aspect_ratio antialias normalize use_scale return_sequences return_state go_backwards
 unroll zero_output_for_mask unit_forget_bias reset_after amsgrad nesterov centered use_ema relative_step staircase
 cycle from_logits apply_class_balancing multi_label sparse_y_true sparse_y_pred approximate"""
_WORDS = """data_format interpolation fill_mode mode distribution score_mode output_mode merge_mode reduction curve
 summation_method average class_aggregation"""
_PARTS = "kernel bias recurrent depthwise pointwise embeddings alpha beta gamma activity moving_mean moving_variance"

KEYS: Mapping[str, Check | str] = {
    **dict.fromkeys(words(_NUMBERS), values.numbers),
    **dict.fromkeys(words(_INTEGERS), values.integers),
    **dict.fromkeys(words(_SIZES), values.size),
    **dict.fromkeys(words(_FEW), values.few),
    **dict.fromkeys(words(_FLAGS), values.flag),
    **dict.fromkeys(words(_WORDS), values.word),
    **dict.fromkeys(("name", "source_name"), values.name),
    **dict.fromkeys(("sparse", "ragged", "stateful", "use_gate"), values.off),
    "quantization_config": values.nothing,
    **RANGES,
    "activation": values.activation,
    "recurrent_activation": values.activation,
    **{
        f"{part}_{kind}": kind
        for part in words(
            "kernel bias recurrent depthwise pointwise embeddings alpha beta gamma activity moving_mean moving_variance"
        )
        for kind in ("initializer", "regularizer", "constraint")
    },
    "dtype": "dtype",
    "seed": "seed",
    "learning_rate": "schedule",
    "layer": "layer",
    "backward_layer": "layer",
    "cell": "cell",
}
"""Each key's check, or the kind of object that it holds."""
PLAIN: Mapping[str, Check] = {
    "dtype": values.dtype_name,
    "seed": seed,
    "schedule": number,
    "optimizer": values.optimizer,
}
"""What may stand where an object of that kind may."""


class Configuration:
    """One walk through a configuration, with what has to be known across all of it."""

    def __init__(self, limits: ModelLimits) -> None:
        self.limits = limits
        self.layers = 0
        self._shared: dict[int, tuple[str, str]] = {}

    def check(self, value: Json, at: str, kind: str) -> None:
        """Refuse ``value`` unless it is an object of a listed class of that kind, all of it.

        Raises:
            ModelRefused: With the JSON path of what is not on a list.
        """
        if not isinstance(value, dict):
            raise ModelRefused("E_VALUE", f"{ascii(value)[:60]} is no {kind}", where=at)
        known = self._class(value, at, kind)
        model = known in MODELS
        layer = kind in ("layer", "cell", "model")
        fields = MODEL if model else LAYER if layer else OBJECT
        strange = [key for key in value if key not in fields]
        if strange:
            raise _key(strange[0], OBJECT, at)
        self._share(value.get("shared_object_id"), known, at)
        config = value.get("config")
        if not isinstance(config, dict):
            raise ModelRefused("E_VALUE", "is no object of keys and values", where=f"{at}.config")
        if kind == "dtype":
            values.dtype_name(config.get("name"), f"{at}.config.name", self.limits)
        self._config(config, f"{at}.config", known, TABLES[kind][known])
        if layer:
            self._layer(value, at, model=model)
        if model and value.get("compile_config"):
            self._compiled(value["compile_config"], f"{at}.compile_config")

    def _class(self, value: dict[str, Json], at: str, kind: str) -> tuple[str, str]:
        module, name, registered = value.get("module"), value.get("class_name"), value.get("registered_name")
        if isinstance(name, str) and name in CODE:
            raise ModelRefused(
                "E_LAMBDA", f"{name} is code, and code in a model is not run", where=at,
                hint="use layers and keras.ops that Keras has, in place of the lambda",
            )  # fmt: skip
        if not isinstance(module, str) or not isinstance(name, str):
            raise ModelRefused("E_CLASS_NOT_ALLOWED", f"no class is named for this {kind}", where=at)
        if registered not in (None, name):
            raise ModelRefused("E_REGISTERED_NAME", f"{ascii(registered)[:80]} is a class of somebody's own", where=at)
        if (module, name) not in TABLES[kind]:
            close = nearest(name, [each for _, each in TABLES[kind]])
            raise ModelRefused(
                "E_CLASS_NOT_ALLOWED", f"{ascii(f'{module}.{name}')[:100]} is no {kind} that is allowed{close}",
                where=at,
                hint="only classes of Keras itself that hold no code of others are built",
            )  # fmt: skip
        return module, name

    def _share(self, number: Json, known: tuple[str, str], at: str) -> None:
        if number is None:
            return
        if not isinstance(number, int) or self._shared.setdefault(number, known) != known:
            raise ModelRefused("E_VALUE", f"object {ascii(number)[:30]} is of two classes", where=at)

    def _config(self, config: dict[str, Json], at: str, known: tuple[str, str], keys: frozenset[str]) -> None:
        model = known in MODELS
        for key, value in config.items():
            if key not in keys:
                raise _key(key, keys, at)
            if model and key == "layers":
                self._list(value, f"{at}.layers", "layer")
            elif model and key in ("input_layers", "output_layers"):
                continue
            elif key == "cells":
                self._list(value, f"{at}.cells", "cell")
            else:
                self._value(value, f"{at}.{key}", OF_CLASS.get((known[1], key), KEYS[key]))

    def _value(self, value: Json, at: str, check: Check | str) -> None:
        if not isinstance(check, str):
            check(value, at, self.limits)
        elif isinstance(value, dict):
            self.check(value, at, check)
        elif value is not None:
            if check not in PLAIN:
                raise ModelRefused("E_VALUE", f"{ascii(value)[:60]} is no {check}", where=at)
            PLAIN[check](value, at, self.limits)

    def _list(self, value: Json, at: str, kind: str) -> None:
        if not isinstance(value, list) or not value:
            raise ModelRefused("E_VALUE", f"is no list of {kind}s", where=at)
        for index, each in enumerate(value):
            self.check(each, f"{at}[{index}]", kind)

    def _layer(self, value: dict[str, Json], at: str, *, model: bool) -> None:
        self.layers += 1
        if self.layers > self.limits.max_layers:
            raise ModelRefused("E_TOO_LARGE", f"more than {self.limits.max_layers} layers", where=at)
        values.name(value.get("name"), f"{at}.name", self.limits)
        self._built(value.get("build_config"), f"{at}.build_config", model=model)
        nodes = value.get("inbound_nodes")
        if nodes is not None and not isinstance(nodes, list):
            raise ModelRefused("E_VALUE", "is no list of calls", where=f"{at}.inbound_nodes")
        for index, node in enumerate(nodes or []):
            self._call(node, f"{at}.inbound_nodes[{index}]")

    def _built(self, value: Json, at: str, *, model: bool) -> None:
        self._shapes(value, at, depth=2)
        if isinstance(value, dict) and "input_shape" in value and not (model and value["input_shape"] is None):
            shapes = value["input_shape"]
            several = isinstance(shapes, list) and bool(shapes) and all(isinstance(each, list) for each in shapes)
            for each in shapes if isinstance(shapes, list) and several else [shapes]:
                values.shape(each, f"{at}.input_shape", self.limits)

    def _shapes(self, value: Json, at: str, *, depth: int) -> None:
        if isinstance(value, dict) and depth:
            for key, each in value.items():
                values.name(key, at, self.limits)
                self._shapes(each, f"{at}.{key}", depth=depth - 1)
        else:
            values.integers(value, at, self.limits)

    def _call(self, node: Json, at: str) -> None:
        if not isinstance(node, dict) or set(node) != {"args", "kwargs"} or not isinstance(node["kwargs"], dict):
            raise ModelRefused("E_VALUE", "is no call of a layer", where=at)
        self._argument(node["args"], f"{at}.args")
        for key, value in node["kwargs"].items():
            if key not in CALLS:
                raise _key(key, frozenset(CALLS), f"{at}.kwargs")
            self._argument(value, f"{at}.kwargs.{key}")

    def _argument(self, value: Json, at: str) -> None:
        if isinstance(value, list):
            for index, each in enumerate(value):
                self._argument(each, f"{at}[{index}]")
        elif not isinstance(value, dict):
            (values.word if isinstance(value, str) else values.numbers)(value, at, self.limits)
        elif value.get("class_name") != "__keras_tensor__" or set(value) != {"class_name", "config"}:
            code = "E_LAMBDA" if str(value.get("class_name")) in CODE else "E_SPECIAL_VALUE"
            raise ModelRefused(code, f"{ascii(value.get('class_name'))[:60]} may not be given to a layer", where=at)
        else:
            self._tensor(value["config"], f"{at}.config")

    def _tensor(self, config: Json, at: str) -> None:
        if not isinstance(config, dict) or set(config) != {"shape", "dtype", "keras_history"}:
            raise ModelRefused("E_VALUE", "is no tensor of the model", where=at)
        values.shape(config["shape"], f"{at}.shape", self.limits)
        values.dtype_name(config["dtype"], f"{at}.dtype", self.limits)

    def _compiled(self, value: Json, at: str) -> None:
        """Check how the model was compiled; training takes its own settings, but Keras would build these."""
        checks: dict[str, Check | str] = {
            "optimizer": "optimizer", "loss": "loss", "metrics": "metric", "weighted_metrics": "metric",
            "loss_weights": values.numbers, "run_eagerly": values.flag, "steps_per_execution": values.integers,
            "jit_compile": values.flag, "auto_scale_loss": values.flag,
        }  # fmt: skip
        if not isinstance(value, dict):
            raise ModelRefused("E_VALUE", "is no object of keys and values", where=at)
        for key, each in value.items():
            if key not in checks:
                raise _key(key, frozenset(checks), at)
            if key in ("loss", "metrics", "weighted_metrics"):
                self._measures(each, f"{at}.{key}", str(checks[key]))
            elif key == "jit_compile" and each == "auto":
                continue
            else:
                self._value(each, f"{at}.{key}", checks[key])

    def _measures(self, value: Json, at: str, kind: str) -> None:
        """Check losses or metrics: names, objects, functions of Keras by name, or lists and mappings of those."""
        known = values.LOSSES if kind == "loss" else values.METRICS
        if isinstance(value, list):
            for index, each in enumerate(value):
                self._measures(each, f"{at}[{index}]", kind)
        elif not isinstance(value, dict):
            values.one_of(known, kind)(value, at, self.limits)
        elif value.get("class_name") == "function":
            self._function(value, at, known)
        elif "class_name" in value or "module" in value:
            self.check(value, at, kind)
        else:
            for key, each in value.items():
                values.name(key, at, self.limits)
                self._measures(each, f"{at}.{key}", kind)

    def _function(self, value: dict[str, Json], at: str, known: frozenset[str]) -> None:
        name, registered = value.get("config"), value.get("registered_name")
        ours = value.get("module") in ("keras.losses", "keras.metrics", "builtins") and set(value) <= OBJECT
        if not ours or not isinstance(name, str) or name not in known or registered not in (None, name, "function"):
            named = ascii(f"{value.get('module')}.{name}")
            raise ModelRefused("E_FUNCTION", f"{named[:100]} is no loss or metric of Keras", where=at)


def _key(key: str, known: set[str] | frozenset[str], at: str) -> ModelRefused:
    return ModelRefused("E_KEY_NOT_ALLOWED", f"{ascii(key)[:60]} is not a key here{nearest(key, known)}", where=at)
