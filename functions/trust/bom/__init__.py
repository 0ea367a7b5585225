"""The CycloneDX AI bill of materials of one training: made, checked, read."""

from functions.trust.bom.checks import check
from functions.trust.bom.document import bill
from functions.trust.bom.facts import BomFacts, read
from functions.trust.bom.reading import BomError
from functions.trust.bom.schema import Spec

__all__ = ["BomError", "BomFacts", "Spec", "bill", "check", "read"]
