"""Hostile ``.pt2`` files: code in the graph and around it, and pickles."""

import json
import pickle
from collections.abc import Callable
from typing import Any

from tests.unit.models.hostile import Json, Ordinary, Runs, hostile, packed

PROGRAM = "models/model.json"


def exported(ordinary: Ordinary, change: Callable[[Json], Any], *, extra: dict[str, bytes] | None = None) -> bytes:
    """Give the ordinary program with its JSON changed in place, and members more."""
    members = ordinary.members("mlp_eval.pt2")
    name = next(each for each in members if each.endswith(PROGRAM))
    root = name.removesuffix(PROGRAM)
    content = json.loads(members[name])
    change(content)
    more = {root + each: data for each, data in (extra or {}).items()}
    return packed({**members, name: json.dumps(content).encode(), **more})


def first(content: Json) -> Json:
    """Give the first node of a program."""
    node: Json = content["graph_module"]["graph"]["nodes"][0]
    return node


def weights(ordinary: Ordinary, change: Callable[[Json], Any]) -> bytes:
    """Give the ordinary program with the entry of its first weight changed."""
    members = ordinary.members("mlp_eval.pt2")
    name = next(each for each in members if each.endswith("model_weights_config.json"))
    content = json.loads(members[name])
    change(next(iter(content["config"].values())))
    return packed({**members, name: json.dumps(content).encode()})


@hostile("E_OPERATOR", "nodes[0]", ".pt2")
def target_of_the_system(ordinary: Ordinary) -> bytes:
    return exported(ordinary, lambda c: first(c).update(target="os.system"))


@hostile("E_OPERATOR", "nodes[0]", ".pt2")
def operator_of_somebody(ordinary: Ordinary) -> bytes:
    return exported(ordinary, lambda c: first(c).update(target="torch.ops.evil.run.default"))


@hostile("E_OPERATOR", "nodes[0]", ".pt2")
def operator_that_opens_files(ordinary: Ordinary) -> bytes:
    return exported(ordinary, lambda c: first(c).update(target="torch.ops.aten.from_file.default"))


@hostile("E_OPERATOR", "nodes[0]", ".pt2")
def control_flow(ordinary: Ordinary) -> bytes:
    return exported(ordinary, lambda c: first(c).update(target="torch.ops.higher_order.cond"))


@hostile("E_VALUE", "nodes[0]", ".pt2")
def graph_as_argument(ordinary: Ordinary) -> bytes:
    return exported(ordinary, lambda c: first(c)["inputs"][0].update(arg={"as_graph": {"name": "x", "graph": {}}}))


@hostile("E_VALUE", "nodes[0]", ".pt2")
def object_as_argument(ordinary: Ordinary) -> bytes:
    return exported(
        ordinary, lambda c: first(c)["inputs"][0].update(arg={"as_custom_obj": {"name": "x", "class_fqn": "os.system"}})
    )


@hostile("E_EXPRESSION", "tensor_values", ".pt2")
def size_that_is_code(ordinary: Ordinary) -> bytes:
    size = {"as_expr": {"expr_str": "__import__('os').system('id')", "hint": {"as_int": 4}}}
    return exported(ordinary, lambda c: c["graph_module"]["graph"]["tensor_values"]["linear"].update(sizes=[size]))


@hostile("E_EXPRESSION", "guards_code", ".pt2")
def guards_that_are_code(ordinary: Ordinary) -> bytes:
    return exported(ordinary, lambda c: c.update(guards_code=["__import__('os').system('id')"]))


@hostile("E_CLASS_NOT_ALLOWED", "module_call_graph", ".pt2")
def tree_of_another_type(ordinary: Ordinary) -> bytes:
    tree = json.dumps([1, {"type": "os.system", "context": "x", "children_spec": []}])
    return exported(ordinary, lambda c: c["graph_module"]["module_call_graph"][0]["signature"].update(in_spec=tree))


@hostile("E_GRAPH", "nodes[0]", ".pt2")
def argument_from_later(ordinary: Ordinary) -> bytes:
    return exported(ordinary, lambda c: first(c)["inputs"][0].update(arg={"as_tensor": {"name": "sigmoid"}}))


@hostile("E_TOO_LARGE", "nodes[0]", ".pt2")
def zeros_without_end(ordinary: Ordinary) -> bytes:
    zeros = {
        "target": "torch.ops.aten.zeros.default", "outputs": [{"as_tensor": {"name": "z"}}], "metadata": {},
        "inputs": [{"name": "size", "arg": {"as_ints": [10**6, 10**6]}, "kind": 1}], "name": "z",
    }  # fmt: skip
    return exported(ordinary, lambda c: c["graph_module"]["graph"]["nodes"].insert(0, zeros))


@hostile("E_VERSION", PROGRAM, ".pt2")
def schema_of_the_future(ordinary: Ordinary) -> bytes:
    return exported(ordinary, lambda c: c["schema_version"].update(major=99))


@hostile("E_KEY_NOT_ALLOWED", PROGRAM, ".pt2")
def key_more(ordinary: Ordinary) -> bytes:
    return exported(ordinary, lambda c: c.update(entry_points=["x"]))


@hostile("E_PICKLE", "$.config", ".pt2")
def weights_that_are_pickled(ordinary: Ordinary) -> bytes:
    return weights(ordinary, lambda entry: entry.update(use_pickle=True))


@hostile("E_MEMBERS", "$.config", ".pt2")
def weights_that_are_missing(ordinary: Ordinary) -> bytes:
    return weights(ordinary, lambda entry: entry.update(path_name="weight_99"))


@hostile("E_STORAGE", "$.config", ".pt2")
def weights_that_are_larger(ordinary: Ordinary) -> bytes:
    def change(entry: Json) -> None:
        entry["tensor_meta"].update(sizes=[{"as_int": 1 << 20}, {"as_int": 13}], strides=[{"as_int": 0}, {"as_int": 1}])

    return weights(ordinary, change)


@hostile("E_MEMBERS", suffix=".pt2")
def compiled_code(ordinary: Ordinary) -> bytes:
    return exported(ordinary, lambda c: None, extra={"data/aotinductor/model/x.so": b"\x7fELF"})


@hostile("E_PICKLE", suffix=".pt2")
def program_of_old(_: Ordinary) -> bytes:
    return packed({"serialized_exported_program.json": b"{}", "serialized_state_dict.pt": pickle.dumps(Runs())})


@hostile("E_PICKLE", suffix=".pt2")
def torch_archive_named_pt2(_: Ordinary) -> bytes:
    return packed({"archive/data.pkl": pickle.dumps(Runs()), "archive/version": b"3"})
