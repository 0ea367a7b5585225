"""The fields of aMLLibrary's configuration files, and what becomes of each."""

import math
from collections.abc import Mapping
from typing import Literal

Kind = Literal["text", "rename", "names", "flag", "number", "values", "bounds", "either"]
_WANTED: Mapping[Kind, str] = {
    "text": "a name",
    "rename": "a dictionary of old and new names",
    "names": "a list of names",
    "flag": "True or False",
    "number": "a number",
    "values": "a list of values",
    "bounds": "a dictionary of columns and numbers, {'cores': 8}",
    "either": "a dictionary of columns and numbers, or lists of numbers",
}
FIELDS: Mapping[str, Mapping[str, Kind]] = {
    "General": {
        "run_num": "number", "techniques": "names", "y": "text", "hyperparameter_tuning": "text",
        "hyperopt_max_evals": "number", "hyperopt_save_interval": "number", "save_training_regressors": "flag",
        "hp_selection": "text", "validation": "text", "extrapolation_columns": "bounds", "hold_out_ratio": "number",
        "interpolation_columns": "either", "folds": "number", "normalization": "flag", "keras_backend": "text",
        "keras_use_cpu": "flag", "generate_plots": "flag", "details": "flag",
    },
    "DataPreparation": {
        "input_path": "text", "normalization": "flag", "inverse": "names", "log": "names", "ernest": "flag",
        "product_max_degree": "number", "product_interactions_only": "flag", "selected_products": "names",
        "use_columns": "names", "skip_columns": "names", "skip_rows": "bounds", "rename_columns": "rename",
    },
    "FeatureSelection": {
        "method": "text", "max_features": "number", "min_features": "number", "folds": "number",
        "XGBoost_tolerance": "number",
    },
    "LRRidge": {"alpha": "values"},
    "NNLS": {"fit_intercept": "values"},
    "Stepwise": {"p_to_add": "values", "p_to_remove": "values", "fit_intercept": "values", "max_iter": "values"},
    "SVR": {"C": "values", "epsilon": "values", "gamma": "values", "kernel": "values", "degree": "values"},
    "DecisionTree": {
        "criterion": "values", "max_depth": "values", "max_features": "values", "min_samples_split": "values",
        "min_samples_leaf": "values",
    },
    "RandomForest": {
        "n_estimators": "values", "criterion": "values", "max_depth": "values", "max_features": "values",
        "min_samples_split": "values", "min_samples_leaf": "values",
    },
    "XGBoost": {
        "min_child_weight": "values", "gamma": "values", "n_estimators": "values", "learning_rate": "values",
        "max_depth": "values", "alpha": "values", "lambda": "values",
    },
    "NeuralNetwork": {
        "n_features": "values", "dropouts": "values", "activation": "values", "optimizer": "values",
        "learning_rate": "values", "loss": "values", "batch_size": "values", "epochs": "values",
        "depth": "values", "n_neurons": "values", "dropout": "values",
    },
}  # fmt: skip
NAMES = ("DecisionTree", "LRRidge", "NeuralNetwork", "NNLS", "RandomForest", "Stepwise", "SVR", "XGBoost")
TECHNIQUES = ("DecisionTree", "LRRidge", "NNLS", "RandomForest", "Stepwise", "SVR", "XGBoost")
"""Those that something here does the work of."""
_BOOSTED = "scikit-learn's boosted trees take the place of XGBoost's"
UNUSED: Mapping[tuple[str, str], str] = {
    ("General", "save_training_regressors"): "only the model that is fitted to all rows is written",
    ("General", "keras_backend"): "no neural network is fitted",
    ("General", "keras_use_cpu"): "no neural network is fitted",
    ("FeatureSelection", "XGBoost_tolerance"): "features are selected by their leave-one-out error",
    ("FeatureSelection", "min_features"): "features are selected by their leave-one-out error",
    ("Stepwise", "p_to_add"): "features are selected by their leave-one-out error",
    ("Stepwise", "p_to_remove"): "features are selected by their leave-one-out error",
    ("Stepwise", "max_iter"): "features are selected by their leave-one-out error",
    ("Stepwise", "fit_intercept"): "there always is an intercept",
    ("NNLS", "fit_intercept"): "there always is an intercept",
    ("XGBoost", "gamma"): _BOOSTED,
    ("XGBoost", "alpha"): _BOOSTED,
    ("XGBoost", "lambda"): _BOOSTED,
}


def wanted(kind: Kind) -> str:
    """Say in words what a field has."""
    return _WANTED[kind]


def fits(value: object, kind: Kind) -> bool:
    """Tell whether a value is of a kind."""
    match kind:
        case "text":
            return _is_text(value)
        case "rename":
            return _is_names(value)
        case "names":
            return isinstance(value, str) or (isinstance(value, list | tuple) and all(_is_text(each) for each in value))
        case "flag":
            return isinstance(value, bool)
        case "number":
            return _is_number(value) or value == math.inf
        case "values":
            return _is_value(value) or (
                isinstance(value, list | tuple) and len(value) <= 1000 and all(map(_is_value, value))
            )
        case "bounds":
            return isinstance(value, dict) and all(_is_text(k) and _is_number(v) for k, v in value.items())
        case "either":
            return isinstance(value, dict) and all(_is_text(k) and _is_step(v) for k, v in value.items())


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 400


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _is_value(value: object) -> bool:
    if isinstance(value, list | tuple):  # layers of a neural network
        return all(_is_number(each) for each in value)
    return _is_number(value) or _is_text(value) or isinstance(value, bool) or value is None


def _is_step(value: object) -> bool:
    if isinstance(value, list | tuple):
        return len(value) > 0 and all(_is_number(each) for each in value)
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_names(value: object) -> bool:
    return isinstance(value, dict) and all(_is_text(k) and _is_text(v) for k, v in value.items())
