"""The functions of TOSCA that templates are written with (Simple Profile in YAML 1.0, section 4)."""

from typing import Any, TypeAlias

Node: TypeAlias = dict[str, Any]
"""A part of a template, as YAML has it."""


def given(name: str) -> Node:
    """The value of an input."""
    return {"get_input": name}


def joined(*parts: str | Node) -> Node:
    """Parts written one after the other."""
    return {"concat": [*parts]}


def attribute(*path: str | int) -> Node:
    """What is known of a node once it runs."""
    return {"get_attribute": [*path]}


def host(before: str = "", *, separator: str = ".") -> Node:
    """A host name of the cluster: ``before``, the cluster's name and its domain."""
    name = given("cluster_name"), separator, given("domain_name")
    return joined(before, *name) if before else joined(*name)
