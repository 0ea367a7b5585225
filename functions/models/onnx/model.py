"""An ONNX file: one graph of standard operators over tensors that are all in the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from functions.models.facts import Inspected, LayerFact, ModelLimits, ModelRefused, Shape
from functions.models.onnx.messages import ATTRIBUTE, GRAPH, MODEL, NODE, OPSET
from functions.models.onnx.operators import OPERATORS, SIZING, check_attribute, check_sizes
from functions.models.onnx.tensors import Tensor, read_tensor, read_value
from functions.models.onnx.wire import Span, Value, Wire, number, place
from functions.models.source import Window
from functions.runtime.settings import nearest

STANDARD = {"", "ai.onnx"}
UNUSED = {"ai.onnx.ml", "pkg.onnxscript.torch_lib", "pkg.onnxscript.torch_lib.common"}
"""Domains that exporters name without using them."""
IR_VERSIONS = range(3, 14)
OPSETS = range(7, 29)
MAX_INTEGERS = 100_000


def inspect_onnx(file: Window, limits: ModelLimits) -> Inspected:
    """Give what an ``.onnx`` file is.

    Raises:
        ModelRefused: It is none, or uses operators, types or files of others, or asks for too much.
    """
    wire = Wire(file)
    try:
        found = wire.message(Span(0, file.size), MODEL, "$")
    except ModelRefused:
        if file.read(0, 1) == b"\x08":  # as every ONNX file begins, with its ir_version
            raise
        raise ModelRefused("E_TYPE", f"{file.name} is no ONNX model") from None
    if "graph" not in found or "ir_version" not in found:
        raise ModelRefused("E_TYPE", f"{file.name} is no ONNX model: it has no graph")
    version = number(found["ir_version"][0], "$.ir_version")
    opset = _opset(wire, found)
    if version not in IR_VERSIONS or opset not in OPSETS:
        raise ModelRefused(
            "E_VERSION", f"IR version {version} with operator set {opset} is not read", where="$",
            hint=f"export with an operator set from {OPSETS.start} to {OPSETS.stop - 1}",
        )  # fmt: skip
    if found.get("training_info") or found.get("functions"):
        kind = "training_info" if found.get("training_info") else "functions"
        raise ModelRefused("E_FUNCTION", "only one plain graph is read", where=f"$.{kind}")
    graph = _Graph(wire, limits)
    inputs, outputs = graph.read(place(found["graph"][0], "$.graph"))
    producer = wire.text(found["producer_name"][0], "$") if "producer_name" in found else ""
    details = {"ir_version": str(version), "opset": str(opset), "producer": producer[:80]}
    if graph.open_sizes:
        details["sizes_known_at_run_time"] = ", ".join(graph.open_sizes[:20])
    return Inspected("onnx", inputs, outputs, tuple(graph.facts), graph.parameters, file.size, details)


def _opset(wire: Wire, found: Mapping[str, list[Value]]) -> int:
    versions = {}
    for index, value in enumerate(found.get("opset_import", [])[:64]):
        at = f"$.opset_import[{index}]"
        entry = wire.message(place(value, at), OPSET, at)
        domain = wire.text(entry["domain"][0], at) if "domain" in entry else ""
        if domain not in STANDARD | UNUSED:
            raise ModelRefused("E_DOMAIN", f"the operators of {ascii(domain)[:80]} are somebody's own", where=at)
        if domain in STANDARD:
            versions[domain] = number(entry.get("version", [0])[0], at)
    if len(versions) != 1:
        raise ModelRefused("E_VERSION", "it does not say one operator set of ai.onnx", where="$.opset_import")
    return next(iter(versions.values()))


@dataclass
class _Graph:
    """What is known of the graph while its nodes are read in their order."""

    wire: Wire
    limits: ModelLimits
    facts: list[LayerFact] = field(default_factory=list)
    parameters: int = 0
    constants: dict[str, Tensor] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)
    open_sizes: list[str] = field(default_factory=list)

    def read(self, span: Span) -> tuple[tuple[Shape, ...], tuple[Shape, ...]]:
        """Read all of it; give the shapes of inputs and outputs."""
        found = self.wire.message(span, GRAPH, "$.graph")
        for kind in ("sparse_initializer", "quantization_annotation"):
            if found.get(kind):
                raise ModelRefused("E_ONNX_FIELD", "is not read", where=f"$.graph.{kind}")
        nodes, weights = found.get("node", []), found.get("initializer", [])
        if len(nodes) + len(weights) > self.limits.max_members:
            raise ModelRefused("E_TOO_LARGE", f"it has {len(nodes)} nodes and {len(weights)} tensors", where="$.graph")
        for index, value in enumerate(weights):
            at = f"$.graph.initializer[{index}]"
            self._keep(read_tensor(self.wire, place(value, at), at, self.limits), at)
        inputs = [self._value(value, f"$.graph.input[{at}]") for at, value in enumerate(found.get("input", []))]
        given = [(name, shape) for name, shape in inputs if name not in self.constants]
        self.defined |= {name for name, _ in given}
        for index, value in enumerate(nodes):
            at = f"$.graph.node[{index}]"
            self._node(self.wire.message(place(value, at), NODE, at), at)
        outputs = [self._value(value, f"$.graph.output[{at}]") for at, value in enumerate(found.get("output", []))]
        missing = [name for name, _ in outputs if name not in self.defined]
        if missing or not outputs:
            raise ModelRefused("E_GRAPH", f"no node makes the output {ascii(missing)[:80]}", where="$.graph.output")
        return tuple(shape for _, shape in given), tuple(shape for _, shape in outputs)

    def _value(self, value: Value, at: str) -> tuple[str, Shape]:
        return read_value(self.wire, place(value, at), at)

    def _keep(self, tensor: Tensor, at: str) -> None:
        if tensor.name in self.defined or not tensor.name:
            raise ModelRefused("E_GRAPH", f"{ascii(tensor.name)[:80]} is not one tensor's own name", where=at)
        self.defined.add(tensor.name)
        self.constants[tensor.name] = tensor
        self.parameters += tensor.count if tensor.is_weight else 0
        if self.parameters > self.limits.max_parameters:
            raise ModelRefused("E_TOO_LARGE", f"with it the model has {self.parameters} parameters", where=at)

    def _node(self, node: Mapping[str, list[Value]], at: str) -> None:
        operator = self.wire.text(node["op_type"][0], at) if "op_type" in node else ""
        at = f"{at} {ascii(operator)[1:60]}".rstrip("'")
        domain = self.wire.text(node["domain"][0], at) if "domain" in node else ""
        if domain not in STANDARD or node.get("overload"):
            raise ModelRefused("E_DOMAIN", f"the operators of {ascii(domain)[:80]} are somebody's own", where=at)
        if operator not in OPERATORS:
            raise ModelRefused("E_OPERATOR", f"this operator is not allowed{nearest(operator, OPERATORS)}", where=at)
        inputs = [self.wire.text(each, at) for each in node.get("input", [])]
        outputs = [self.wire.text(each, at) for each in node.get("output", [])]
        unknown = [each for each in inputs if each and each not in self.defined]
        if unknown:
            raise ModelRefused("E_GRAPH", f"it takes {ascii(unknown[0])[:80]}, which no node before it makes", where=at)
        constant = self._attributes(node.get("attribute", []), at)
        for each in outputs:
            if each in self.defined:
                raise ModelRefused("E_GRAPH", f"{ascii(each)[:80]} is made twice", where=at)
            self.defined |= {each} - {""}
        if constant and operator == "Constant" and outputs:
            self.constants[outputs[0]] = Tensor(outputs[0], constant.shape, constant.kind, constant.few)
            self.parameters += constant.count if constant.is_weight and constant.shape else 0
        self._sizes(operator, inputs, at)
        new = {each for each in inputs if each in self.constants and self.constants[each].is_weight} - self.counted
        self.counted |= new
        name = self.wire.text(node["name"][0], at) if "name" in node else outputs[0] if outputs else ""
        self.facts.append(LayerFact(name[:200], operator, sum(self.constants[each].count for each in new)))

    def _sizes(self, operator: str, inputs: list[str], at: str) -> None:
        known = {place: self.constants[name].few for place, name in enumerate(inputs) if name in self.constants}
        check_sizes(operator, known, at, self.limits)
        if any(index < len(inputs) and inputs[index] and index not in known for index in SIZING.get(operator, ())):
            self.open_sizes.append(at.removeprefix("$.graph."))

    def _attributes(self, values: list[Value], at: str) -> Tensor | None:
        """Check a node's attributes; give the tensor among them, which a Constant has."""
        constant: Tensor | None = None
        seen: set[str] = set()
        for index, value in enumerate(values):
            found = self.wire.message(place(value, at), ATTRIBUTE, f"{at}.attribute[{index}]")
            name = self.wire.text(found["name"][0], at) if "name" in found else ""
            here = f"{at}.{ascii(name)[1:60]}".rstrip("'")
            if found.get("g") or found.get("graphs"):
                raise ModelRefused("E_SUBGRAPH", "graphs inside graphs are not allowed", where=here)
            if found.get("ref_attr_name") or found.get("sparse_tensor") or name in seen:
                raise ModelRefused("E_ONNX_FIELD", "this attribute is not read, or is there twice", where=here)
            seen.add(name)
            numbers = self.wire.integers(found.get("ints", []) + found.get("i", []), MAX_INTEGERS, here)
            check_attribute(name, numbers, here, self.limits)
            for tensor in found.get("t", []) + found.get("tensors", []):
                constant = read_tensor(self.wire, place(tensor, here), here, self.limits)
            if name in ("value_int", "value_ints"):
                constant = Tensor("", (len(numbers),), 7, tuple(numbers))
        return constant
