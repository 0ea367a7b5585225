"""Hostile ``.keras`` files: code and files under every key that could name them."""

import base64
import marshal

from tests.unit.models.hostile import Json, Ordinary, hostile, layer

CODE = {
    "class_name": "__lambda__",
    "config": {"value": base64.b64encode(marshal.dumps(compile("print('ran')", "x", "exec"))).decode()},
}
LAMBDA = layer("keras.layers", "Lambda", name="l", trainable=True, function=CODE, arguments={})


def dense(config: Json) -> Json:
    """Give the configuration of the first Dense layer of the ordinary perceptron."""
    found: Json = config["config"]["layers"][1]["config"]
    return found


def nested(config: Json, index: int) -> Json:
    """Give the configuration of one layer."""
    found: Json = config["config"]["layers"][index]["config"]
    return found


@hostile("E_LAMBDA", "config.json $.config.layers[1]")
def lambda_with_marshal(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].insert(1, LAMBDA))


@hostile("E_REGISTERED_NAME", "layers[1]")
def lambda_by_registered_name(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"][1].update(registered_name="Custom>Lambda"))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1]")
def module_os(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].insert(1, layer("os", "system", command="id")))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1]")
def module_of_keras_itself(ordinary: Ordinary) -> bytes:
    hidden = layer("keras.src.utils.python_utils", "func_load", code="x")
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].insert(1, hidden))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1]")
def get_file(ordinary: Ordinary) -> bytes:
    fetched = layer("keras.utils", "get_file", origin="http://127.0.0.1/x", fname="x")
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].insert(1, fetched))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1]")
def vocabulary_from_a_file(ordinary: Ordinary) -> bytes:
    lookup = layer("keras.layers", "StringLookup", name="s", vocabulary="/etc/passwd")
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].insert(1, lookup))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1]")
def text_vectorization(ordinary: Ordinary) -> bytes:
    lookup = layer("keras.layers", "TextVectorization", name="s", vocabulary="/etc/passwd")
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].insert(1, lookup))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1]")
def saved_model_layer(ordinary: Ordinary) -> bytes:
    foreign = layer("keras.layers", "TFSMLayer", name="t", filepath="/tmp/evil")
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].insert(1, foreign))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1]")
def torch_module(ordinary: Ordinary) -> bytes:
    foreign = layer("keras.layers", "TorchModuleWrapper", name="t", module="gASV")
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].insert(1, foreign))


@hostile("E_LAMBDA", "layers[3].config.layer")
def lambda_in_time_distributed(ordinary: Ordinary) -> bytes:
    return ordinary.keras("bidirectional.keras", lambda c: nested(c, 3).update(layer=LAMBDA))


@hostile("E_LAMBDA", "layers[2].config.backward_layer")
def lambda_in_bidirectional(ordinary: Ordinary) -> bytes:
    return ordinary.keras("bidirectional.keras", lambda c: nested(c, 2).update(backward_layer=LAMBDA))


@hostile("E_LAMBDA", "layers[1].config.layers[1]")
def lambda_in_a_model_in_a_model(ordinary: Ordinary) -> bytes:
    return ordinary.keras("fine_tuned.keras", lambda c: nested(c, 1)["layers"].insert(1, LAMBDA))


@hostile("E_LAMBDA", "inbound_nodes[0].args[0]")
def lambda_as_argument(ordinary: Ordinary) -> bytes:
    return ordinary.keras(
        "functional_l2.keras", lambda c: c["config"]["layers"][1]["inbound_nodes"][0].update(args=[CODE])
    )


@hostile("E_SPECIAL_VALUE", "inbound_nodes[0].kwargs.mask")
def numbers_as_argument(ordinary: Ordinary) -> bytes:
    array = {"class_name": "__numpy__", "config": {"value": [[0] * 9] * 9, "dtype": "float32"}}
    return ordinary.keras(
        "functional_l2.keras", lambda c: c["config"]["layers"][1]["inbound_nodes"][0].update(kwargs={"mask": array})
    )


@hostile("E_SPECIAL_VALUE", "inbound_nodes[0].args[0]")
def type_as_argument(ordinary: Ordinary) -> bytes:
    kind = {"class_name": "__typespec__", "spec_name": "system", "module": "os", "config": ["id"]}
    return ordinary.keras(
        "functional_l2.keras", lambda c: c["config"]["layers"][1]["inbound_nodes"][0].update(args=[kind])
    )


@hostile("E_CLASS_NOT_ALLOWED", "kernel_initializer")
def hostile_initializer(ordinary: Ordinary) -> bytes:
    return ordinary.keras(
        "mlp.keras", lambda c: dense(c).update(kernel_initializer=layer("builtins", "exec", object="1"))
    )


@hostile("E_CLASS_NOT_ALLOWED", "kernel_regularizer")
def hostile_regularizer(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: dense(c).update(kernel_regularizer=layer("os", "popen", cmd="id")))


@hostile("E_VALUE", "kernel_constraint")
def constraint_by_name(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: dense(c).update(kernel_constraint="os.system"))


@hostile("E_VALUE", "layers[1].config.activation")
def activation_as_object(ordinary: Ordinary) -> bytes:
    function = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    return ordinary.keras("mlp.keras", lambda c: dense(c).update(activation=function))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1].config.activation")
def activation_by_another_name(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: dense(c).update(activation="reluu"))


@hostile("E_FUNCTION", "compile_config.metrics[0]")
def metric_of_builtins(ordinary: Ordinary) -> bytes:
    function = {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "eval"}
    return ordinary.keras("mlp_compiled.keras", lambda c: c["compile_config"].update(metrics=[function]))


@hostile("E_CLASS_NOT_ALLOWED", "compile_config.loss")
def loss_of_another_module(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp_compiled.keras", lambda c: c["compile_config"].update(loss=layer("subprocess", "run")))


@hostile("E_CLASS_NOT_ALLOWED", "compile_config.metrics.a")
def metric_that_wraps_a_function(ordinary: Ordinary) -> bytes:
    wrapped = layer("keras.metrics", "MeanMetricWrapper", fn=CODE)
    return ordinary.keras("mlp_compiled.keras", lambda c: c["compile_config"].update(metrics={"a": wrapped}))


@hostile("E_LAMBDA", "optimizer.config.learning_rate")
def learning_rate_that_is_code(ordinary: Ordinary) -> bytes:
    return ordinary.keras(
        "mlp_compiled.keras", lambda c: c["compile_config"]["optimizer"]["config"].update(learning_rate=CODE)
    )


@hostile("E_CLASS_NOT_ALLOWED", "layers[1].compile_config.optimizer")
def optimizer_of_an_inner_model(ordinary: Ordinary) -> bytes:
    compiled = {"optimizer": layer("os", "system")}
    return ordinary.keras("fine_tuned.keras", lambda c: c["config"]["layers"][1].update(compile_config=compiled))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1].config.dtype")
def quantized_policy(ordinary: Ordinary) -> bytes:
    policy = layer("keras.dtype_policies", "QuantizedDTypePolicy", mode="int8")
    return ordinary.keras("mlp.keras", lambda c: dense(c).update(dtype=policy))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1].config.dtype.config.name")
def policy_by_path(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: dense(c)["dtype"]["config"].update(name="../x"))


@hostile("E_CLASS_NOT_ALLOWED", "layers[1]")
def no_module(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"][1].pop("module"))


@hostile("E_KEY_NOT_ALLOWED", "layers[1].config")
def key_of_another_layer(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: dense(c).update(vocabulary="/etc/passwd"))


@hostile("E_KEY_NOT_ALLOWED", "layers[1]")
def key_beside_the_configuration(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"][1].update(__reduce__="x"))


@hostile("E_KEY_NOT_ALLOWED", "inbound_nodes[0].kwargs")
def argument_of_another_call(ordinary: Ordinary) -> bytes:
    return ordinary.keras(
        "functional_l2.keras", lambda c: c["config"]["layers"][1]["inbound_nodes"][0].update(kwargs={"function": "x"})
    )


@hostile("E_PATH", "layers[1].config.name")
def name_that_is_a_path(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: dense(c).update(name="../../x"))


@hostile("E_VALUE", "layers[1]")
def two_objects_with_one_identity(ordinary: Ordinary) -> bytes:
    def change(config: Json) -> None:
        dense(config)["kernel_initializer"].update(shared_object_id=1)
        config["config"]["layers"][1].update(shared_object_id=1)

    return ordinary.keras("mlp.keras", change)
