"""An exported program as a module: its nodes are run one by one, each an allowed operator, its parameters trained."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from functions.train_on_upload.trainer.backends.torch.exported import archive
from functions.train_on_upload.trainer.backends.torch.exported.arguments import value
from functions.train_on_upload.trainer.backends.torch.exported.operators import ATEN, MODES, TYPES, callee
from functions.train_on_upload.trainer.backends.torch.network import Head, Network, Tree

_HEADS: Mapping[str, Head] = {
    "sigmoid.default": "sigmoid",
    "softmax.int": "softmax",
    "_softmax.default": "softmax",
    "log_softmax.int": "log_softmax",
    "_log_softmax.default": "log_softmax",
}


@dataclass(frozen=True)
class Step:
    """One node: what is called, with arguments by name as the program has them, and names of what it gives."""

    name: str
    call: Callable[..., Any]
    arguments: Mapping[str, Mapping[str, Any]]
    outputs: tuple[str, ...]
    gives_list: bool


class ExportedNetwork(Network):
    """An exported program; dropout and batch normalisation follow the mode of now, not that of the export."""

    def __init__(self, source: archive.Archive) -> None:
        super().__init__()
        self.source = source
        graph, signature = source.program["graph"], source.program["signature"]
        self.steps = [_step(node) for node in graph["nodes"]]
        self.specs = signature["input_specs"]
        self.places, self.x = _inputs(self.specs)
        self.sizes = graph["tensor_values"]
        self.takes = TYPES[self.sizes[self.x]["dtype"]]
        self.held = Tree(self._distinct())
        self.output = _output(signature["output_specs"])
        self.head, self.end = self._ending(graph)

    def named(self) -> dict[str, Tensor]:
        """Parameters, frozen ones too, and buffers by their names in the module that was exported; tied ones once."""
        constants = {
            spec["tensor_constant"]["tensor_constant_name"] for spec in self.specs if "tensor_constant" in spec
        }
        return {name: each for name, each in sorted(self.held.now().items()) if name not in constants}

    def scores(self, x: Tensor) -> Tensor:
        """Run the program up to its head."""
        held = self.held.now()
        values: dict[str, Any] = {place: held[name] for place, name in self.places.items()} | {self.x: x}
        for step in self.steps:
            values |= self._run(step, values)
            if self.end in values:
                break
        found = values[self.end]
        if not isinstance(found, Tensor):
            raise ValueError("the program's output is not a tensor")
        return found

    def exported(self) -> bytes:
        """The same program with the numbers of now; the same bytes for the same numbers."""
        return self.source.rewritten(self.sample(), self.takes)

    def sample(self) -> tuple[int, ...]:
        """A shape that the program was exported for; the batch comes first."""
        return tuple(_hinted(size) for size in self.sizes[self.x]["sizes"])

    def _distinct(self) -> dict[str, Tensor]:
        """Each tensor under the first of its names; ``places`` then has that name for the others too."""
        first: dict[str, str] = {}
        for name, each in self.source.tensors.items():
            first.setdefault(each.member, name)
        for place, name in self.places.items():
            self.places[place] = first[self.source.tensors[name].member]
        stored = {name: self.source.tensors[name] for name in first.values()}
        return {n: nn.Parameter(each.tensor) if each.trained else each.tensor for n, each in stored.items()}

    def _run(self, step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value(argument, values) for name, argument in step.arguments.items()}
        if step.name in MODES:
            given[MODES[step.name]] = self.training
        if step.name == "scaled_dot_product_attention.default" and not self.training:
            given["dropout_p"] = 0.0
        if step.name.partition(".")[0].endswith("_") and self._keeps(step):
            return {step.outputs[0]: given["self"]}
        found = step.call(**given)
        if step.gives_list or len(step.outputs) > 1:
            return dict(zip(step.outputs, found, strict=False))
        return {step.outputs[0]: found} if step.outputs else {}

    def _keeps(self, step: Step) -> bool:
        """Whether a change in place would change a tensor of the model while it is only looked at."""
        target = step.arguments["self"].get("as_tensor", {}).get("name")
        return not self.training and target in self.places

    def _ending(self, graph: Mapping[str, Any]) -> tuple[Head, str]:
        last = next((step for step in self.steps if self.output in step.outputs), None)
        if last is None:
            raise Rejected(f"no node makes the program's output, {self.output}")
        head = _HEADS.get(last.name, "none")
        rank = len(graph["tensor_values"][self.output]["sizes"])
        if head in {"softmax", "log_softmax"} and last.arguments["dim"].get("as_int") not in {-1, rank - 1}:
            head = "none"
        source = last.arguments["self"].get("as_tensor", {}).get("name") if head != "none" else None
        return (head, source) if source else ("none", self.output)


def read(path: Path) -> ExportedNetwork:
    """Build the network of a ``.pt2`` file; nothing in it is unpickled or evaluated.

    Raises:
        Rejected: It is not a program of allowed operators; the sentence names the first that is not.
    """
    source = archive.read(path)
    try:
        return ExportedNetwork(source)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise Rejected(f"{path.name} is not a program saved by torch.export.save") from error


def _step(node: Mapping[str, Any]) -> Step:
    name = str(node["target"]).removeprefix("torch.ops.aten.")
    call = callee(node["target"])
    if call is None:
        hint = "save what torch.export.export gives, before run_decompositions"
        raise Rejected(f"operator {node['target']} is not allowed{nearest(name, ATEN)}", hint=hint)
    outputs: list[str] = []
    for each in node["outputs"]:
        many = each.get("as_tensors")
        outputs += [one["name"] for one in many] if many is not None else [_made(each)]
    arguments = {each["name"]: each["arg"] for each in node["inputs"]}
    return Step(name, call, arguments, tuple(outputs), any("as_tensors" in each for each in node["outputs"]))


def _made(output: Mapping[str, Any]) -> str:
    if "as_sym_int" in output:
        return str(output["as_sym_int"]["as_name"])
    return str(output["as_tensor"]["name"]) if "as_tensor" in output else ""


def _inputs(specs: Sequence[Mapping[str, Any]]) -> tuple[dict[str, str], str]:
    names, users = {}, []
    for spec in specs:
        for kind in ("parameter", "buffer", "tensor_constant"):
            if kind in spec:
                names[spec[kind]["arg"]["name"]] = spec[kind][f"{kind}_name"]
        if "user_input" in spec:
            users.append(spec["user_input"]["arg"])
    if len(users) != 1 or "as_tensor" not in users[0]:
        raise Rejected(f"the program has {len(users)} inputs; one tensor can be trained on")
    return names, users[0]["as_tensor"]["name"]


def _output(specs: Sequence[Mapping[str, Any]]) -> str:
    if len(specs) != 1 or "as_tensor" not in specs[0].get("user_output", {}).get("arg", {}):
        raise Rejected(f"the program has {len(specs)} outputs or changes of its own; one output can be trained")
    return str(specs[0]["user_output"]["arg"]["as_tensor"]["name"])


def _hinted(size: Mapping[str, Any]) -> int:
    return int(size["as_int"]) if "as_int" in size else int(size["as_expr"]["hint"]["as_int"])
