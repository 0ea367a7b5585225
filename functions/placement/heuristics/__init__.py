"""Quick feasible placements: iterated local search, and the methods of SPACE4AI-D by their names."""

from functions.placement.heuristics.incumbent import incumbent
from functions.placement.heuristics.methods import METHODS, Method, run

__all__ = ["METHODS", "Method", "incumbent", "run"]
