"""Parts of a bill: components as ``cyclonedx-python-lib`` has them, each with what the library has no words for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.component import Component
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import License, LicenseAcknowledgement
from packageurl import PackageURL

INPUT, OUTPUT = "input/", "output/"
MODEL_FILES = (".keras", ".safetensors", ".onnx", ".pt2")

Json = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One component of the bill.

    Attributes:
        extra: What the library cannot express, ``modelCard`` and ``data``, as it stands in the bill.
        needs: The bom-refs that it depends on.
    """

    component: Component
    extra: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """Its bom-ref."""
        return str(self.component.bom_ref.value)


def digests(sha256: str) -> list[HashType]:
    """Give the list of the one digest that we use; none for an empty one."""
    return [HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else []


def properties(named: Mapping[str, object]) -> list[Property]:
    """Give properties of ours, ``noria:<name>``, and those of others' taxonomies as they are; empty ones not."""
    return [
        Property(name=name if name.startswith(("genai:", "cdx:")) else f"noria:{name}", value=str(value))
        for name, value in named.items()
        if value != ""
    ]


def link(kind: ExternalReferenceType, url: str, *, sha256: str = "", comment: str = "") -> ExternalReference:
    """Give a reference to something outside the bill, beside it when ``url`` is only a file name."""
    return ExternalReference(type=kind, url=XsUri(url), hashes=digests(sha256), comment=comment or None)


def licenses(stated: str) -> Iterable[License]:
    """Read an SPDX identifier or expression, or a licence's name, as its owner declared it; empty gives none."""
    if not stated:
        return []
    return [LicenseFactory().make_from_string(stated, license_acknowledgement=LicenseAcknowledgement.DECLARED)]


def entity(name: str, url: str = "") -> OrganizationalEntity | None:
    """Name an organisation, if it is named."""
    return OrganizationalEntity(name=name, urls=[XsUri(url)] if url else None) if name else None


def purl(name: str, version: str, sha256: str) -> PackageURL:
    """Identify a file that no registry has by name, version and content."""
    return PackageURL("generic", None, name, version, {"checksum": f"sha256:{sha256}"})
