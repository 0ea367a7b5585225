"""A ``.pt2`` file: the members that torch 2.8 and later write for one program, and what they hold."""

import re
from collections.abc import Mapping

from functions.models.archive import Member, members
from functions.models.facts import Inspected, LayerFact, ModelLimits, ModelRefused
from functions.models.json_text import Json, parse
from functions.models.pt2.fields import mapping, only, text
from functions.models.pt2.graph import Program, check_calls
from functions.models.pt2.tensors import Weight, read_weights
from functions.models.source import Window

PROGRAM = "models/model.json"
CONFIGS = {
    "data/weights/": "data/weights/model_weights_config.json",
    "data/constants/": "data/constants/model_constants_config.json",
}
SAMPLE = "data/sample_inputs/model.pt"
FIXED = {"archive_format": b"pt2", "byteorder": b"little"}
MARKS = {"archive_version", ".data/version", ".data/serialization_id", SAMPLE}
STORED = re.compile(r"data/(weights/weight|constants/tensor)_\d{1,6}\Z")
OLD = "serialized_exported_program.json"
TOP = {
    "graph_module", "opset_version", "range_constraints", "schema_version", "verifiers", "torch_version", "guards_code",
}  # fmt: skip
MODULE = {"graph", "signature", "module_call_graph", "metadata", "treespec_namedtuple_fields"}
SCHEMA = 8


def inspect_pt2(file: Window, limits: ModelLimits) -> Inspected:
    """Give what a ``.pt2`` file is.

    Raises:
        ModelRefused: It has other members, pickled weights, or a graph of anything but listed operators.
    """
    found = _members(file, limits)
    weights = {
        each.name: each
        for folder, config in CONFIGS.items()
        if config in found
        for each in read_weights(found, folder, found[config], limits)
    }
    parameters = sum({each.member: each.count for each in weights.values() if each.is_parameter}.values())
    if parameters > limits.max_parameters:
        raise ModelRefused("E_TOO_LARGE", f"it has {parameters} parameters", where=file.name)
    top = mapping(parse(found[PROGRAM].bytes(limits.max_json), PROGRAM, limits), PROGRAM)
    only(top, TOP, f"{PROGRAM} $")
    schema = mapping(top.get("schema_version"), f"{PROGRAM} $.schema_version").get("major")
    if schema != SCHEMA:
        raise ModelRefused("E_VERSION", f"version {ascii(schema)[:20]} of the schema is not read", where=PROGRAM)
    if top.get("guards_code"):
        raise ModelRefused("E_EXPRESSION", "guards are code, and code in a model is not run", where="$.guards_code")
    program, facts = _program(mapping(top.get("graph_module"), f"{PROGRAM} $"), weights, limits)
    details = {
        "torch_version": text(top.get("torch_version", ""), PROGRAM)[:40],
        "schema": str(SCHEMA),
        "leave_out": f"{SAMPLE} (a pickle), expressions of sizes, tree types, stack traces",
    }
    shapes = [tuple(program.shapes.get(name, ()) for name in names) for names in (program.inputs, program.outputs)]
    return Inspected("pt2", shapes[0], shapes[1], facts, parameters, file.size, details)


def _members(file: Window, limits: ModelLimits) -> Mapping[str, Member]:
    """Give the members by name below the archive's own folder."""
    found = members(file, limits)
    root = next(iter(found), "").partition("/")[0] + "/"
    inside = {name.removeprefix(root): member for name, member in found.items() if name.startswith(root)}
    if any(name.endswith((OLD, "data.pkl")) for name in found):
        raise ModelRefused(
            "E_PICKLE", "it is a pickle, or was saved by a torch whose programs have pickled weights", where=file.name,
            hint="save what torch.export.export gives with torch.export.save of torch 2.8 or later",
        )  # fmt: skip
    strange = [name for name in inside if name not in _ALLOWED and not STORED.match(name)]
    missing = [name for name in (PROGRAM, "archive_format") if name not in inside]
    if len(inside) < len(found) or strange or missing:
        what = f"has {strange[0]!a} in it" if strange else f"has no {missing[0]}" if missing else "has two roots"
        raise ModelRefused(
            "E_MEMBERS", f"the archive {what}", where=file.name, hint="save one program with torch.export.save"
        )
    for name, wanted in FIXED.items():
        if name in inside and inside[name].bytes(64) != wanted:
            raise ModelRefused("E_VALUE", f"it says not {wanted.decode()}", where=name)
    return inside


_ALLOWED = {PROGRAM, *CONFIGS.values(), *FIXED, *MARKS}


def _program(
    module: Mapping[str, Json], weights: Mapping[str, Weight], limits: ModelLimits
) -> tuple[Program, tuple[LayerFact, ...]]:
    only(module, MODULE, f"{PROGRAM} $.graph_module")
    for key in ("metadata", "treespec_namedtuple_fields"):
        if module.get(key):
            raise ModelRefused("E_VALUE", "it is not empty", where=f"$.graph_module.{key}")
    program = Program(limits)
    program.signature(module.get("signature"), "$.graph_module.signature")
    missing = set(program.sources.values()) - set(weights)
    if missing:
        raise ModelRefused("E_MEMBERS", f"the weight {ascii(min(missing))[:80]} is not in the archive", where=PROGRAM)
    facts: list[LayerFact] = []
    seen: set[str] = set()
    for fact, taken in program.graph(module.get("graph"), "$.graph_module.graph"):
        new = {name for name in taken if weights[name].is_parameter} - seen
        seen |= new
        facts.append(LayerFact(fact.name, fact.kind, sum(weights[name].count for name in new)))
    check_calls(module.get("module_call_graph", []), "$.graph_module.module_call_graph", limits)
    return program, tuple(facts)
