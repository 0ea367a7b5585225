"""A checked configuration as a network: layers in an order that can be built, with the shapes and parameters they get.

Shapes written in the file are not believed; they are computed from the inputs, as Keras will when it builds the layers.
"""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from math import prod
from typing import Any

from functions.models.facts import LayerFact, ModelLimits, ModelRefused, Shape
from functions.models.keras.classes import OPERATIONS
from functions.models.keras.kernels import KERNELS
from functions.models.keras.recurrence import RECURRENCE, cell_parameters, stepped
from functions.models.keras.shapes import REDUCED, SHAPES, Rule, broadcast, known, same

Entry = Mapping[str, Any]
Tensor = tuple[str, int, int]
"""Layer, which call of it, which output of that call."""
RULES: Mapping[str, Rule] = {**SHAPES, **KERNELS, **RECURRENCE}
FAILURES = (IndexError, KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError, AttributeError)
TENSORS_BY_NAME = ("query", "value", "key")


class Network:
    """What became of the layers that were applied.

    Attributes:
        facts: One for each layer, in the order of first use; names of nested layers have their model's in front.
        parameters: All of theirs together; a layer that is used twice counts once.
    """

    def __init__(self, limits: ModelLimits) -> None:
        self.limits = limits
        self.facts: list[LayerFact] = []
        self.parameters = 0
        self._counted: set[int] = set()
        self._calls = 0

    def model(self, entry: Entry, inputs: Sequence[Shape] | None, at: str) -> tuple[list[Shape], list[Shape]]:
        """Apply a model to inputs, or to what it declares as its own; give the inputs' and the outputs' shapes."""
        config = entry["config"]
        try:
            if entry["class_name"] == "Sequential":
                return self._sequence(config, inputs, f"{at}.config")
            return self._graph(config, inputs, f"{at}.config")
        except FAILURES:
            raise ModelRefused("E_GRAPH", "the layers do not make up a network", where=at) from None

    def _sequence(self, config: Entry, inputs: Sequence[Shape] | None, at: str) -> tuple[list[Shape], list[Shape]]:
        layers = list(config["layers"])
        names = [layer["config"].get("name") for layer in layers]
        if len(set(names)) < len(names):
            raise ModelRefused("E_GRAPH", "two of its layers have one name", where=at)
        first = layers[0]
        if first["class_name"] == "InputLayer":
            declared = tuple(first["config"]["batch_shape"])
            self._note(first, 0, f"{at}.layers[0]")
        elif inputs or config.get("build_input_shape"):
            declared = tuple(config.get("build_input_shape") or ())
        else:
            raise ModelRefused(
                "E_NOT_BUILT", "the model does not say what its input is", where=at,
                hint="begin it with keras.Input(shape), or call it once before it is saved",
            )  # fmt: skip
        given = list(inputs or [declared])
        self._bounded(given, at)
        shapes = given
        for index, layer in enumerate(layers):
            if index or layer is not first or layer["class_name"] != "InputLayer":
                shapes = self.layer(layer, shapes, f"{at}.layers[{index}]")
        return given, shapes

    def _graph(self, config: Entry, inputs: Sequence[Shape] | None, at: str) -> tuple[list[Shape], list[Shape]]:
        entries: dict[str, tuple[Entry, str]] = {}
        for index, layer in enumerate(config["layers"]):
            name = layer["name"]
            if name in entries or name != layer["config"].get("name", name):
                raise ModelRefused(
                    "E_GRAPH", f"the name {name!a} is not one layer's own", where=f"{at}.layers[{index}]"
                )
            entries[name] = (layer, f"{at}.layers[{index}]")
        made: dict[Tensor, Shape] = {}
        taken = list(_tensors(config["input_layers"]))
        for position, tensor in enumerate(taken):
            layer, where = entries[tensor[0]]
            if layer["class_name"] != "InputLayer" or tensor[1:] != (0, 0):
                raise ModelRefused("E_GRAPH", "an input is no InputLayer", where=where)
            self._note(layer, 0, where)
            made[tensor] = inputs[position] if inputs else tuple(layer["config"]["batch_shape"])
            self._bounded([made[tensor]], where)
        for name, call in _order(entries, made, at):
            layer, where = entries[name]
            node = layer["inbound_nodes"][call - _first_call(layer)]
            shapes = self.layer(layer, [made[each] for each in _arguments(node)], where)
            made.update({(name, call, index): shape for index, shape in enumerate(shapes)})
        return [made[each] for each in taken], [made[each] for each in _tensors(config["output_layers"])]

    def layer(self, entry: Entry, inputs: Sequence[Shape], at: str) -> list[Shape]:
        """Apply a layer to inputs of these shapes and give its outputs' shapes.

        Raises:
            ModelRefused: They do not fit each other, or it becomes too large.
        """
        self._calls += 1
        if self._calls > 4 * self.limits.max_layers:
            raise ModelRefused("E_TOO_LARGE", "its layers are used too many times", where=at)
        if entry["class_name"] in ("Sequential", "Functional"):
            shapes = self.model(entry, inputs, at)[1]
        else:
            try:
                shapes, parameters = self._applied(entry, inputs, at)
            except FAILURES as error:
                raise ModelRefused(
                    "E_SHAPE", f"the layer {entry['class_name']!a} cannot take {_shown(inputs)}: {error}"[:300],
                    where=at,
                ) from None  # fmt: skip
            self._note(entry, parameters, at)
        self._bounded(shapes, at)
        self._built(entry, inputs, at)
        return shapes

    def _applied(self, entry: Entry, inputs: Sequence[Shape], at: str) -> tuple[list[Shape], int]:
        name, config = entry["class_name"], entry["config"]
        if not inputs:
            raise ValueError("it has no input")
        if (entry["module"], name) in OPERATIONS:
            elementwise = same if entry["module"].endswith("nn") else broadcast
            return (REDUCED if name in ("Mean", "Sum", "Max", "Min") else elementwise)(config, inputs)
        if name == "Bidirectional":
            return self._both_ways(config, inputs, at), 0
        if name == "TimeDistributed":
            batch, steps, *rest = inputs[0]
            shapes = self.layer(config["layer"], [(batch, *rest)], f"{at}.config.layer")
            return [(each[0], steps, *each[1:]) for each in shapes], 0
        if name == "RNN":
            return self._cells(config, inputs[0])
        return RULES[name](config, inputs)

    def _both_ways(self, config: Entry, inputs: Sequence[Shape], at: str) -> list[Shape]:
        forward = self.layer(config["layer"], inputs, f"{at}.config.layer")
        if config.get("backward_layer") is None:
            raise ModelRefused("E_VALUE", "it has no layer for the way back", where=at)
        backward = self.layer(config["backward_layer"], inputs, f"{at}.config.backward_layer")
        output, mode = forward[0], config.get("merge_mode", "concat")
        merged: list[Shape] = [output, backward[0]] if mode is None else [output]
        if mode == "concat":
            merged = [(*output[:-1], known(output[-1]) + known(backward[0][-1]))]
        return merged + forward[1:] + backward[1:]

    def _cells(self, config: Entry, shape: Shape) -> tuple[list[Shape], int]:
        cell = config["cell"]
        cells = cell["config"]["cells"] if cell["class_name"] == "StackedRNNCells" else [cell]
        size, parameters = known(shape[2]), 0
        for each in cells:
            parameters += cell_parameters(each["class_name"], each["config"], size)
            size = each["config"]["units"]
        states = 2 if cells[0]["class_name"] == "LSTMCell" else 1
        return stepped(config, shape, [each["config"]["units"] for each in cells], states=states), parameters

    def _note(self, entry: Entry, parameters: int, at: str) -> None:
        if id(entry) in self._counted:
            return
        self._counted.add(id(entry))
        self.parameters += parameters
        if self.parameters > self.limits.max_parameters:
            raise ModelRefused(
                "E_TOO_LARGE", f"with this layer it has {self.parameters} parameters, more than the"
                f" {self.limits.max_parameters} allowed", where=at,
            )  # fmt: skip
        self.facts.append(
            LayerFact(str(entry["config"].get("name") or entry.get("name")), str(entry["class_name"]), parameters)
        )

    def _bounded(self, shapes: Sequence[Shape], at: str) -> None:
        for shape in shapes:
            sizes = [size for size in shape if size is not None]
            if any(size < 1 for size in sizes):
                raise ModelRefused("E_SHAPE", f"nothing is left of its input: {_shown([shape])}", where=at)
            if prod(sizes) > self.limits.max_values:
                raise ModelRefused(
                    "E_TOO_LARGE", f"it gives {prod(sizes)} numbers for a sample, more than the"
                    f" {self.limits.max_values} allowed", where=at,
                )  # fmt: skip

    def _built(self, entry: Entry, inputs: Sequence[Shape], at: str) -> None:
        """Refuse a shape to be built for that is not the input's: Keras builds for it before it sees the input."""
        declared = (entry.get("build_config") or {}).get("input_shape")
        if not isinstance(declared, list) or not declared:
            return
        shapes = declared if isinstance(declared[0], list) else [declared]
        pairs = [pair for one, two in zip(shapes, inputs, strict=False) for pair in zip(one[1:], two[1:], strict=False)]
        lengths = any(len(one) != len(two) for one, two in zip(shapes, inputs, strict=False))
        if lengths or any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise ModelRefused(
                "E_SHAPE", f"it is to be built for {ascii(declared)[:80]} and gets {_shown(inputs)}", where=at
            )


def _tensors(value: object) -> Iterator[Tensor]:
    """Give the tensors in ``input_layers`` or ``output_layers``: one, or lists or mappings of them."""
    match value:
        case [str(name), int(call), int(index)]:
            yield name, call, index
        case list() | tuple():
            for each in value:
                yield from _tensors(each)
        case dict():
            for each in value.values():
                yield from _tensors(each)
        case _:
            raise ValueError("no tensor")


def _arguments(node: Entry) -> list[Tensor]:
    """Give the tensors that a call takes, in the order in which rules want them."""
    found = list(_inside(node["args"]))
    for name in TENSORS_BY_NAME:
        found += _inside(node["kwargs"].get(name))
    return found


def _inside(value: object) -> Iterator[Tensor]:
    if isinstance(value, list):
        for each in value:
            yield from _inside(each)
    elif isinstance(value, dict):
        yield from _tensors(value["config"]["keras_history"])


def _first_call(entry: Entry) -> int:
    """Give the number of a layer's first call: a functional model was called once when it was made."""
    return 1 if entry["class_name"] == "Functional" else 0


def _order(
    entries: Mapping[str, tuple[Entry, str]], given: Mapping[Tensor, Shape], at: str
) -> Iterator[tuple[str, int]]:
    """Give the calls, by layer and number, each after those whose outputs it takes."""
    sorter: TopologicalSorter[tuple[str, int]] = TopologicalSorter()
    inputs = {(name, call) for name, call, _ in given}
    for name, (layer, _) in entries.items():
        for call, node in enumerate(layer.get("inbound_nodes") or [], _first_call(layer)):
            needs = {each[:2] for each in (*_arguments(node), *_inside(list(node["kwargs"].values())))}
            sorter.add((name, call), *(needs - inputs))
    try:
        order = list(sorter.static_order())
    except CycleError:
        raise ModelRefused("E_GRAPH", "its layers go round in a circle", where=at) from None
    missing = [each for each in order if each[0] not in entries]
    if missing:
        raise ModelRefused("E_GRAPH", f"a layer takes from {ascii(missing[0][0])[:80]}, which is not there", where=at)
    return iter(order)


def _shown(inputs: Sequence[Shape]) -> str:
    return ", ".join(str(each) for each in inputs)[:120]
