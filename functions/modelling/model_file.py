"""A fitted model as one ONNX file that says of itself what it is, and as a JSON card for people and programs.

The graph takes ``features``, (N, columns) doubles, and gives ``seconds``, ``lower`` and ``upper``, (N,) each. What it
is stands in ``metadata_props`` under ``noria.model``, as the card's JSON.
"""

from functions.modelling.card import KEY, Card
from functions.modelling.graph import Graph
from functions.modelling.intervals import Interval
from functions.modelling.model import Model


def model_bytes(model: Model, interval: Interval, card: Card) -> bytes:
    """Give the ONNX file; equal models give equal bytes."""
    graph = Graph()
    seconds = model.export(graph)
    lower, upper = interval.export(graph, seconds)
    metadata = {KEY: card.model_dump_json()}
    outputs = {"seconds": seconds, "lower": lower, "upper": upper}
    return graph.finished(outputs, columns=len(card.inputs), metadata=metadata)


def card_text(card: Card) -> str:
    """Give the card as a JSON file's text."""
    return card.model_dump_json(indent=1) + "\n"
