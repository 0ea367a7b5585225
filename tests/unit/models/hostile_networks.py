"""Hostile ``.keras`` files: networks that cannot be built, or would take the machine."""

import json

from tests.unit.models.hostile import METADATA, WEIGHTS, Json, Ordinary, hostile, layer, packed
from tests.unit.models.hostile_keras import dense, nested


@hostile("E_GRAPH", "config.json $.config")
def layers_in_a_circle(ordinary: Ordinary) -> bytes:
    def change(config: Json) -> None:
        layers = config["config"]["layers"]
        history = layers[1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"]
        history[:] = [layers[3]["config"]["name"], 0, 0]

    return ordinary.keras("functional_l2.keras", change)


@hostile("E_GRAPH", "config.json $")
def layer_that_is_not_there(ordinary: Ordinary) -> bytes:
    return ordinary.keras("functional_l2.keras", lambda c: c["config"].update(output_layers=["nothing", 0, 0]))


@hostile("E_TOO_LARGE", "layers[1].config.units")
def dense_of_a_billion(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: dense(c).update(units=10**9))


@hostile("E_TOO_LARGE", "layers[3]")
def dense_after_dense(ordinary: Ordinary) -> bytes:
    def change(config: Json) -> None:
        dense(config).update(units=1 << 17)
        nested(config, 3).update(units=1 << 17)

    return ordinary.keras("mlp.keras", change)


@hostile("E_TOO_LARGE", "layers[2]")
def repeated_for_ever(ordinary: Ordinary) -> bytes:
    repeat = layer("keras.layers", "RepeatVector", name="r", n=1 << 20)
    grow = layer("keras.layers", "UpSampling1D", name="u", size=1 << 10)
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].__setitem__(slice(1, 1), [repeat, grow]))


@hostile("E_TOO_LARGE", "layers[1]")
def layers_used_for_ever(ordinary: Ordinary) -> bytes:
    """A model twice in a model, twice in a model, and so on: a few hundred lines that are 2 to the 14 layers."""
    inner: Json = layer("keras.layers", "Dense", name="d", units=13)
    for depth in range(14):
        twice = [inner, {**inner, "config": {**inner["config"], "name": f"b{depth}"}}]
        inner = layer("keras", "Sequential", name=f"m{depth}", layers=twice)
        if len(json.dumps(inner)) > 1 << 20:
            break
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].insert(1, inner))


@hostile("E_SHAPE", "layers[1]")
def built_for_another_shape(ordinary: Ordinary) -> bytes:
    return ordinary.keras(
        "mlp.keras", lambda c: c["config"]["layers"][1].update(build_config={"input_shape": [None, 1 << 20]})
    )


@hostile("E_WEIGHTS_MISMATCH", WEIGHTS)
def weights_of_another_model(ordinary: Ordinary) -> bytes:
    return packed({**ordinary.members("mlp.keras"), WEIGHTS: ordinary.members("lstm.keras")[WEIGHTS]})


@hostile("E_NOT_BUILT", "config.json $.config")
def model_without_input(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: c["config"]["layers"].pop(0) and c["config"].pop("build_input_shape"))


@hostile("E_VERSION", METADATA)
def keras_2(ordinary: Ordinary) -> bytes:
    return packed({**ordinary.members("mlp.keras"), METADATA: b'{"keras_version": "2.15.0", "date_saved": "x"}'})


@hostile("E_TOO_LARGE", "compile_config.metrics[0].config.num_classes")
def metric_of_a_million_squared(ordinary: Ordinary) -> bytes:
    metric = layer("keras.metrics", "MeanIoU", num_classes=1 << 20, name="m")
    return ordinary.keras("mlp_compiled.keras", lambda c: c["compile_config"].update(metrics=[metric]))


@hostile("E_SHAPE", "layers[1]")
def steps_unrolled_for_ever(ordinary: Ordinary) -> bytes:
    def change(config: Json) -> None:
        nested(config, 0).update(batch_shape=[None, 1 << 20, 4])
        config["config"]["layers"][1].pop("build_config")
        nested(config, 1).update(unroll=True)

    return ordinary.keras("lstm.keras", change)


@hostile("E_TOO_LARGE", "config.json $.config")
def batch_of_its_own(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: nested(c, 0).update(batch_shape=[1 << 20, 1 << 20]))


@hostile("E_GRAPH", "config.json $.config")
def two_layers_of_one_name(ordinary: Ordinary) -> bytes:
    return ordinary.keras("mlp.keras", lambda c: nested(c, 3).update(name=dense(c)["name"]))
