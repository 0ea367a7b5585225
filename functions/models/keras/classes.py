"""Which classes a model's configuration may name, and which keys each may have: what is not here is not built.

Read off ``get_config`` of Keras 3.15; a test compares the two. Left out on purpose: ``Lambda``, ``TFSMLayer`` and the
other wrappers of foreign code, lookups that read vocabulary files, quantized policies, whatever takes a function.
"""

from collections.abc import Mapping

from functions.models.keras.words import words

_KERNEL = """use_bias activation kernel_initializer bias_initializer kernel_regularizer bias_regularizer
 kernel_constraint bias_constraint"""
_CONV = "filters kernel_size strides padding data_format dilation_rate " + _KERNEL
_DEPTHWISE = """depth_multiplier kernel_size strides padding data_format dilation_rate use_bias activation
 depthwise_initializer bias_initializer depthwise_regularizer bias_regularizer depthwise_constraint bias_constraint"""
_SEPARABLE = _DEPTHWISE + " filters pointwise_initializer pointwise_regularizer pointwise_constraint"
_POOL = "pool_size padding strides data_format"
_GLOBAL = "data_format keepdims"
_SCALED = """axis epsilon center scale beta_initializer gamma_initializer beta_regularizer gamma_regularizer
 beta_constraint gamma_constraint"""
_CELL = (
    """units dropout recurrent_dropout seed recurrent_initializer recurrent_regularizer recurrent_constraint
 """
    + _KERNEL
)
_SEQUENCE = "return_sequences return_state go_backwards stateful unroll zero_output_for_mask"
_SPATIAL_CELL = (
    _CONV
    + """ recurrent_activation unit_forget_bias dropout recurrent_dropout seed
 recurrent_initializer recurrent_regularizer recurrent_constraint """
    + _SEQUENCE
)
_RANDOM = "data_format seed factor value_range"
_WARP = "data_format seed fill_mode interpolation fill_value value_range"

_LAYERS: Mapping[str, str] = {
    "InputLayer": "batch_shape sparse ragged optional",
    "Dense": "units quantization_config " + _KERNEL,
    "Embedding": """input_dim output_dim embeddings_initializer embeddings_regularizer embeddings_constraint mask_zero
     quantization_config input_length""",
    "Activation": "activation",
    "ReLU": "max_value negative_slope threshold",
    "LeakyReLU": "negative_slope",
    "PReLU": "alpha_initializer alpha_regularizer alpha_constraint shared_axes",
    "ELU": "alpha",
    "Softmax": "axis",
    "Identity": "",
    "Masking": "mask_value",
    "ActivityRegularization": "l1 l2",
    "Conv1D": _CONV + " groups",
    "Conv2D": _CONV + " groups",
    "Conv3D": _CONV + " groups",
    "Conv1DTranspose": _CONV + " output_padding",
    "Conv2DTranspose": _CONV + " output_padding",
    "Conv3DTranspose": _CONV + " output_padding",
    "DepthwiseConv1D": _DEPTHWISE,
    "DepthwiseConv2D": _DEPTHWISE,
    "SeparableConv1D": _SEPARABLE,
    "SeparableConv2D": _SEPARABLE,
    **{f"{kind}Pooling{n}D": _POOL for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{f"Global{kind}Pooling{n}D": _GLOBAL for kind in ("Max", "Average") for n in (1, 2, 3)},
    "BatchNormalization": _SCALED
    + """ momentum moving_mean_initializer moving_variance_initializer synchronized
     renorm renorm_clipping renorm_momentum""",
    "LayerNormalization": _SCALED + " rms_scaling",
    "GroupNormalization": _SCALED + " groups",
    "RMSNormalization": "axis epsilon",
    "UnitNormalization": "axis",
    "Normalization": "axis invert mean variance",
    "Rescaling": "scale offset",
    "Resizing": """data_format height width interpolation crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value
     antialias""",
    "CenterCrop": "data_format height width",
    "RandomCrop": "data_format height width seed value_range",
    "RandomFlip": "data_format seed mode value_range",
    "RandomRotation": _WARP + " factor",
    "RandomZoom": _WARP + " height_factor width_factor",
    "RandomTranslation": _WARP + " height_factor width_factor",
    "RandomContrast": _RANDOM,
    "RandomBrightness": _RANDOM,
    "CategoryEncoding": "num_tokens output_mode sparse",
    "Dropout": "rate seed noise_shape",
    "AlphaDropout": "rate seed noise_shape",
    "GaussianDropout": "rate seed",
    "GaussianNoise": "stddev seed",
    "SpatialDropout1D": "rate seed",
    "SpatialDropout2D": "rate seed data_format",
    "SpatialDropout3D": "rate seed data_format",
    "Flatten": "data_format",
    "Reshape": "target_shape",
    "Permute": "dims",
    "RepeatVector": "n",
    "Cropping1D": "cropping",
    "Cropping2D": "cropping data_format",
    "Cropping3D": "cropping data_format",
    "ZeroPadding1D": "padding data_format",
    "ZeroPadding2D": "padding data_format",
    "ZeroPadding3D": "padding data_format",
    "UpSampling1D": "size",
    "UpSampling2D": "size data_format interpolation",
    "UpSampling3D": "size data_format",
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"), ""),
    "Concatenate": "axis",
    "Dot": "axes normalize",
    "Attention": "use_scale score_mode dropout seed",
    "AdditiveAttention": "use_scale dropout seed",
    "MultiHeadAttention": """num_heads key_dim value_dim dropout use_bias use_gate output_shape attention_axes
     sliding_window seed kernel_initializer bias_initializer kernel_regularizer bias_regularizer kernel_constraint
     bias_constraint""",
    "SimpleRNN": f"{_CELL} {_SEQUENCE}",
    "LSTM": f"{_CELL} {_SEQUENCE} recurrent_activation unit_forget_bias",
    "GRU": f"{_CELL} {_SEQUENCE} recurrent_activation reset_after",
    "RNN": f"{_SEQUENCE} cell",
    "ConvLSTM1D": _SPATIAL_CELL,
    "ConvLSTM2D": _SPATIAL_CELL,
    "Bidirectional": "merge_mode layer backward_layer",
    "TimeDistributed": "layer",
}
_CELLS: Mapping[str, str] = {
    "SimpleRNNCell": _CELL,
    "LSTMCell": _CELL + " recurrent_activation unit_forget_bias",
    "GRUCell": _CELL + " recurrent_activation reset_after",
    "StackedRNNCells": "cells",
}
_ELEMENTWISE = (
    "Add Subtract Multiply Divide TrueDivide Maximum Minimum Power Negative Absolute Square Sqrt Exp Log Tanh"
)
_REDUCTIONS = "Mean Sum Max Min"
_NN = "Relu Relu6 Sigmoid Silu Softplus Softsign HardSigmoid HardSilu Gelu Softmax LeakyRelu Elu Selu"
_FAN = "seed input_axes output_axes"
_INITIALIZERS: Mapping[str, str] = {
    **dict.fromkeys(("Zeros", "Ones", "Identity"), ""),
    **{f"{kind}{law}": _FAN for kind in ("Glorot", "He", "Lecun") for law in ("Normal", "Uniform")},
    "Constant": "value",
    "Orthogonal": "seed gain",
    "OrthogonalInitializer": "seed gain",  # its name until Keras 3.10
    "RandomNormal": "seed mean stddev",
    "RandomUniform": "seed minval maxval",
    "TruncatedNormal": "seed mean stddev",
    "VarianceScaling": _FAN + " scale mode distribution",
}
_OPTIMIZER = """learning_rate weight_decay clipnorm global_clipnorm clipvalue use_ema ema_momentum
 ema_overwrite_frequency loss_scale_factor gradient_accumulation_steps """
_ADAM = _OPTIMIZER + "beta_1 beta_2 epsilon"
_OPTIMIZERS: Mapping[str, str] = {
    "SGD": _OPTIMIZER + "momentum nesterov",
    "Adam": _ADAM + " amsgrad",
    "AdamW": _ADAM + " amsgrad",
    **dict.fromkeys(("Adamax", "Nadam", "Lamb"), _ADAM),
    "Lion": _OPTIMIZER + "beta_1 beta_2",
    "Adadelta": _OPTIMIZER + "rho epsilon",
    "Adagrad": _OPTIMIZER + "initial_accumulator_value epsilon",
    "Adafactor": _OPTIMIZER + "beta_2_decay epsilon_1 epsilon_2 clip_threshold relative_step",
    "RMSprop": _OPTIMIZER + "rho momentum epsilon centered",
    "Ftrl": _OPTIMIZER
    + """learning_rate_power initial_accumulator_value l1_regularization_strength
     l2_regularization_strength l2_shrinkage_regularization_strength beta""",
}
_DECAY = "initial_learning_rate decay_steps"
_SCHEDULES: Mapping[str, str] = {
    "ExponentialDecay": _DECAY + " decay_rate staircase",
    "InverseTimeDecay": _DECAY + " decay_rate staircase",
    "PolynomialDecay": _DECAY + " end_learning_rate power cycle",
    "PiecewiseConstantDecay": "boundaries values",
    "CosineDecay": _DECAY + " alpha warmup_target warmup_steps",
    "CosineDecayRestarts": "initial_learning_rate first_decay_steps t_mul m_mul alpha",
}
_SMOOTHED = "from_logits label_smoothing axis"
_LOSSES: Mapping[str, str] = {
    each: f"reduction {keys}"
    for each, keys in {
        "BinaryCrossentropy": _SMOOTHED,
        "CategoricalCrossentropy": _SMOOTHED,
        "BinaryFocalCrossentropy": _SMOOTHED + " apply_class_balancing alpha gamma",
        "CategoricalFocalCrossentropy": _SMOOTHED + " alpha gamma",
        "SparseCategoricalCrossentropy": "from_logits ignore_class axis",
        "CosineSimilarity": "axis",
        "Huber": "delta",
        "Dice": "axis",
        "Tversky": "alpha beta axis",
        **dict.fromkeys(
            words("""MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError LogCosh
            Poisson             KLDivergence Hinge SquaredHinge CategoricalHinge"""),
            "",
        ),
    }.items()
}
_METRICS: Mapping[str, str] = {
    **dict.fromkeys(
        words("""Accuracy CategoricalAccuracy SparseCategoricalAccuracy MeanSquaredError RootMeanSquaredError
        MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError LogCoshError Poisson
        KLDivergence CosineSimilarity Hinge SquaredHinge CategoricalHinge Mean Sum"""),
        "",
    ),
    "BinaryAccuracy": "threshold",
    "BinaryCrossentropy": "from_logits label_smoothing",
    "CategoricalCrossentropy": _SMOOTHED,
    "SparseCategoricalCrossentropy": "from_logits ignore_class axis",
    "TopKCategoricalAccuracy": "k",
    "SparseTopKCategoricalAccuracy": "k",
    "AUC": "num_thresholds curve summation_method multi_label num_labels label_weights from_logits thresholds",
    "Precision": "thresholds top_k class_id",
    "Recall": "thresholds top_k class_id",
    **dict.fromkeys(("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"), "thresholds"),
    **dict.fromkeys(("PrecisionAtRecall", "RecallAtPrecision"), "num_thresholds class_id recall precision"),
    **dict.fromkeys(
        ("SensitivityAtSpecificity", "SpecificityAtSensitivity"), "num_thresholds class_id specificity sensitivity"
    ),
    "F1Score": "average threshold",
    "FBetaScore": "average beta threshold",
    "R2Score": "class_aggregation num_regressors",
    "MeanIoU": "num_classes ignore_class sparse_y_true sparse_y_pred axis",
}
Table = Mapping[tuple[str, str], frozenset[str]]
"""(module, class name) -> keys of its configuration."""


def _table(module: str, classes: Mapping[str, str], common: str) -> Table:
    return {(module, name): frozenset(words(f"{keys} {common}")) for name, keys in classes.items()}


_EVERY_LAYER = "name trainable dtype activity_regularizer"
MODELS: Table = {
    ("keras", "Sequential"): frozenset(words("name trainable dtype layers build_input_shape")),
    ("keras.src.models.functional", "Functional"): frozenset(
        words("name trainable dtype layers input_layers output_layers")
    ),
}
CELLS: Table = _table("keras.layers", _CELLS, _EVERY_LAYER)
OPERATIONS: Table = {
    **_table("keras.src.ops.numpy", dict.fromkeys(words(_ELEMENTWISE), ""), "name dtype"),
    **_table("keras.src.ops.numpy", dict.fromkeys(words(_REDUCTIONS), "axis keepdims"), "name dtype"),
    **_table("keras.src.ops.nn", dict.fromkeys(words(_NN), "axis negative_slope alpha approximate"), "name dtype"),
}
OWN: Table = {
    ("keras.src.applications.convnext", "LayerScale"): frozenset(words(f"{_EVERY_LAYER} init_values projection_dim")),
    ("keras.src.applications.convnext", "StochasticDepth"): frozenset(words(f"{_EVERY_LAYER} drop_path_rate")),
    ("keras.src.applications.inception_resnet_v2", "CustomScaleLayer"): frozenset(words(f"{_EVERY_LAYER} scale")),
}
"""Layers that models in ``keras.applications`` have for themselves."""
LAYERS: Table = {**_table("keras.layers", _LAYERS, _EVERY_LAYER), **OPERATIONS, **OWN, **MODELS}
TABLES: Mapping[str, Table] = {
    "model": MODELS,
    "layer": LAYERS,
    "cell": CELLS,
    "initializer": _table("keras.initializers", _INITIALIZERS, ""),
    "regularizer": _table(
        "keras.regularizers", {"L1": "l1", "L2": "l2", "L1L2": "l1 l2", "OrthogonalRegularizer": "factor mode"}, ""
    ),
    "constraint": _table(
        "keras.constraints",
        {"MaxNorm": "max_value axis", "MinMaxNorm": "min_value max_value rate axis", "NonNeg": "", "UnitNorm": "axis"},
        "",
    ),
    "dtype": _table("keras", {"DTypePolicy": ""}, "name source_name"),
    "seed": _table("keras.random", {"SeedGenerator": ""}, "seed name"),
    "optimizer": {
        **_table("keras.optimizers", _OPTIMIZERS, "name"),
        **{
            (f"keras.src.backend.torch.optimizers.torch_{name.lower()}", name): frozenset(words(f"{keys} name"))
            for name, keys in _OPTIMIZERS.items()
        },
    },
    "schedule": _table("keras.optimizers.schedules", _SCHEDULES, "name"),
    "loss": _table("keras.losses", _LOSSES, "name dtype"),
    "metric": _table("keras.metrics", _METRICS, "name dtype"),
}
