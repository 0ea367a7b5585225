"""The graph of an exported program (torch/_export/serde/schema.py, version 8): calls of listed operators on tensors."""

import re
from collections.abc import Iterator, Mapping
from math import prod

from functions.models.facts import LayerFact, ModelLimits, ModelRefused, Shape
from functions.models.json_text import Json, parse
from functions.models.pt2.fields import expression, integer, listed, mapping, only, sizes, text
from functions.models.pt2.operators import ATEN, MAKING, PREFIX, SIZES
from functions.runtime.settings import nearest

GRAPH = {
    "inputs", "outputs", "nodes", "tensor_values", "sym_int_values", "sym_bool_values", "sym_float_values",
    "is_single_tensor_return", "custom_obj_values",
}  # fmt: skip
NODE = {"target", "inputs", "outputs", "metadata", "is_hop_single_tensor_return", "name"}
PLAIN = {"as_none", "as_bool", "as_bools", "as_int", "as_ints", "as_float", "as_floats", "as_scalar_type", "as_layout",
         "as_memory_format", "as_device"}  # fmt: skip
NAMED = {"as_tensor", "as_tensors", "as_optional_tensor", "as_optional_tensors", "as_sym_int", "as_sym_ints"}
WORD = re.compile(r"[A-Za-z0-9_ ,.\->]{0,80}\Z")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}\Z")
TREES = {None, "builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict"}
SOURCES = {"parameter": "parameter_name", "buffer": "buffer_name", "tensor_constant": "tensor_constant_name"}


class Program:
    """What is known of a program once all of it was read.

    Attributes:
        sources: Name of a tensor in the graph -> name of the weight that it is.
        inputs: Names of the tensors that a caller gives.
        outputs: Names of the tensors that a caller gets.
    """

    def __init__(self, limits: ModelLimits) -> None:
        self.limits = limits
        self.sources: dict[str, str] = {}
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.shapes: dict[str, Shape] = {}
        self._defined: set[str] = set()

    def signature(self, value: Json, at: str) -> None:
        """Read which tensors are weights, which are given and which are returned."""
        whole = mapping(value, at)
        only(whole, {"input_specs", "output_specs"}, at)
        for index, each in enumerate(listed(whole.get("input_specs"), at)):
            self._input(mapping(each, at), f"{at}.input_specs[{index}]")
        for index, each in enumerate(listed(whole.get("output_specs"), at)):
            here = f"{at}.output_specs[{index}]"
            spec = mapping(each, here)
            only(spec, {"user_output", "buffer_mutation"}, here)
            for kind, inner in spec.items():
                arg = mapping(mapping(inner, here).get("arg"), here)
                if kind == "user_output":
                    self.outputs.append(self._tensor(arg, here))

    def _input(self, spec: Mapping[str, Json], at: str) -> None:
        only(spec, {*SOURCES, "user_input"}, at)
        for kind, inner in spec.items():
            entry = mapping(inner, at)
            arg = mapping(entry.get("arg"), at)
            if kind == "user_input":
                self.inputs.append(self._tensor(arg, at))
            else:
                self.sources[self._name(arg.get("name"), at)] = text(entry.get(SOURCES[kind]), at)

    def graph(self, value: Json, at: str) -> Iterator[tuple[LayerFact, set[str]]]:
        """Read the nodes; give for each what it is, and the names of the weights that it takes."""
        whole = mapping(value, at)
        only(whole, GRAPH, at)
        for key in ("custom_obj_values", "sym_bool_values", "sym_float_values"):
            if whole.get(key):
                raise ModelRefused("E_VALUE", "objects and symbols of this kind are not read", where=f"{at}.{key}")
        for name, each in mapping(whole.get("tensor_values"), at).items():
            self.shapes[name] = sizes(mapping(each, at).get("sizes"), f"{at}.tensor_values.{ascii(name)[1:80]}")
            sizes(mapping(each, at).get("strides"), f"{at}.tensor_values.{ascii(name)[1:80]}")
        for name, each in mapping(whole.get("sym_int_values", {}), at).items():
            expression(mapping(each, at), f"{at}.sym_int_values.{ascii(name)[1:80]}")
        self._defined = {self._tensor(mapping(each, at), at) for each in listed(whole.get("inputs"), at)}
        nodes = listed(whole.get("nodes"), at)
        if len(nodes) > self.limits.max_members:
            raise ModelRefused("E_TOO_LARGE", f"it has {len(nodes)} nodes", where=at)
        for index, each in enumerate(nodes):
            yield self._node(mapping(each, at), f"{at}.nodes[{index}]")
        wanted = [self._tensor(mapping(each, at), at) for each in listed(whole.get("outputs"), at)]
        missing = {*wanted, *self.outputs, *self.inputs, *self.sources} - self._defined
        if missing:
            raise ModelRefused("E_GRAPH", f"nothing gives {ascii(min(missing))[:80]}", where=at)

    def _node(self, node: Mapping[str, Json], at: str) -> tuple[LayerFact, set[str]]:
        only(node, NODE, at)
        target = text(node.get("target"), at)
        operator = target.removeprefix(PREFIX)
        allowed = operator in ATEN if target.startswith(PREFIX) else target in SIZES
        if not allowed:
            close = nearest(operator, ATEN)
            raise ModelRefused(
                "E_OPERATOR", f"{ascii(target)[:100]} is no operator that is allowed{close}", where=at,
                hint="save what torch.export.export gives for plain layers, without custom operators or control flow",
            )  # fmt: skip
        taken: set[str] = set()
        for each in listed(node.get("inputs"), at):
            taken |= self._argument(mapping(each, at), operator, at)
        unknown = taken - self._defined
        if unknown:
            raise ModelRefused("E_GRAPH", f"it takes {ascii(min(unknown))[:80]}, which nothing before gives", where=at)
        for each in listed(node.get("outputs"), at):
            kind, names = self._names(mapping(each, at), at)
            if kind not in NAMED:
                raise ModelRefused("E_VALUE", f"an output of the kind {ascii(kind)[:40]}", where=at)
            self._defined |= names
        fact = LayerFact(text(node.get("name", ""), at), operator, 0)
        return fact, {self.sources[each] for each in taken if each in self.sources}

    def _argument(self, given: Mapping[str, Json], operator: str, at: str) -> set[str]:
        """Check one argument and give the names in it."""
        only(given, {"name", "arg", "kind"}, at)
        name = text(given.get("name"), at)
        at = f"{at}.{ascii(name)[1:60]}".rstrip("'")
        kind, names = self._names(mapping(given.get("arg"), at), at)
        inner = mapping(given.get("arg"), at)[kind]
        if kind == "as_string" and not (isinstance(inner, str) and WORD.match(inner)):
            raise ModelRefused("E_VALUE", f"{ascii(inner)[:60]} is no word", where=at)
        if MAKING.get(operator.partition(".")[0]) == name and kind in ("as_int", "as_ints"):
            wanted = inner if isinstance(inner, list) else [inner]
            size = prod(max(abs(integer(each, at)), 1) for each in wanted)
            if size > self.limits.max_values:
                raise ModelRefused("E_TOO_LARGE", f"it is asked to make {size} numbers or more", where=at)
        return names

    def _names(self, arg: Mapping[str, Json], at: str) -> tuple[str, set[str]]:
        """Give the kind of an argument, and the tensors and sizes that it names."""
        if len(arg) != 1:
            raise ModelRefused("E_VALUE", "it is not one argument", where=at)
        ((kind, inner),) = arg.items()
        if kind in PLAIN or kind == "as_string":
            _plain(inner, at)
            return kind, set()
        if kind not in NAMED:
            raise ModelRefused("E_VALUE", f"an argument of the kind {ascii(kind)[:40]} is not read", where=at)
        parts = inner if isinstance(inner, list) else [inner]
        return kind, {name for each in parts for name in self._part(mapping(each, at), at)}

    def _part(self, part: Mapping[str, Json], at: str) -> set[str]:
        if set(part) == {"name"} or set(part) == {"as_name"}:
            return {self._name(next(iter(part.values())), at)}
        if set(part) == {"as_int"}:
            integer(part["as_int"], at)
            return set()
        if set(part) == {"as_none"}:
            return set()
        if set(part) == {"as_tensor"}:
            return {self._tensor(part, at)}
        raise ModelRefused("E_VALUE", "an argument of this kind is not read", where=at)

    def _tensor(self, arg: Mapping[str, Json], at: str) -> str:
        if set(arg) != {"as_tensor"}:
            raise ModelRefused("E_VALUE", "only tensors go in and out of a program here", where=at)
        return self._name(mapping(arg["as_tensor"], at).get("name"), at)

    def _name(self, value: Json, at: str) -> str:
        if not isinstance(value, str) or not NAME.match(value):
            raise ModelRefused("E_VALUE", f"{ascii(value)[:60]} is no name", where=at)
        return value


def _plain(value: Json, at: str) -> None:
    """Refuse what is neither a number, a word, nor a list of numbers; a device is an object of two such."""
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
    if any(isinstance(each, list | dict) for each in inner):
        raise ModelRefused("E_VALUE", "it is no plain argument", where=at)


def check_calls(value: Json, at: str, limits: ModelLimits) -> None:
    """Refuse trees of arguments of other types than tuples, lists and mappings: loaders look types up by name."""
    for index, each in enumerate(listed(value, at)):
        here = f"{at}[{index}]"
        entry = mapping(each, here)
        only(entry, {"fqn", "signature"}, here)
        signature = mapping(entry.get("signature") or {}, here)
        for key in ("in_spec", "out_spec"):
            tree = signature.get(key)
            if tree:
                _tree(parse(str(tree).encode(), f"{here}.{key}", limits), f"{here}.{key}")


def _tree(value: Json, at: str) -> None:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            kind = each.get("type")
            if kind is not None and (not isinstance(kind, str) or kind not in TREES):
                raise ModelRefused("E_CLASS_NOT_ALLOWED", f"{ascii(kind)[:80]} is no type that is read", where=at)
            waiting += each.values()
