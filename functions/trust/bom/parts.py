"""Parts of a bill: components as ``cyclonedx-python-lib`` has them, each with what the library has no words for."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.component import Component
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import License, LicenseAcknowledgement
from packageurl import PackageURL

from functions.runtime.runs import StoredObject

INPUT, OUTPUT = "input/", "output/"
OURS = "noria:"
LONGEST = 400

Json = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One component of the bill.

    Attributes:
        component: The library's, or as it stands in the bill: of hundreds the library would compare each with each.
        extra: What the library cannot express, ``modelCard`` and ``data``, as it stands in the bill.
        needs: The bom-refs that it depends on.
    """

    component: Component | Json
    extra: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """Its bom-ref."""
        one = self.component
        return str(one.bom_ref.value if isinstance(one, Component) else one["bom-ref"])


def digests(sha256: str) -> list[HashType]:
    """Give the list of the one digest that we use; none for an empty one."""
    return [HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else []


def properties(named: Mapping[str, object], *, prefix: str = OURS) -> list[Property]:
    """Give properties under names of ours, or with another prefix of another taxonomy; empty ones are left out."""
    return [Property(name=prefix + name, value=str(value)) for name, value in named.items() if value not in ("", None)]


def plain(named: Mapping[str, object]) -> list[Json]:
    """Give properties of ours as they stand in the bill, for what the library does not write."""
    return [{"name": OURS + name, "value": str(value)} for name, value in named.items() if value not in ("", None)]


def link(kind: ExternalReferenceType, url: str, *, sha256: str = "", comment: str = "") -> ExternalReference:
    """Give a reference to something outside the bill, beside it when ``url`` is only a file name."""
    return ExternalReference(type=kind, url=XsUri(url), hashes=digests(sha256), comment=comment or None)


def stored(one: StoredObject) -> str:
    """Give the address of an object; a key may have any character, an address may not."""
    return f"s3://{one.bucket}/{quote(one.key)}"


def licenses(stated: str) -> Iterable[License]:
    """Read an SPDX identifier or expression, or a licence's name, as its owner declared it; empty gives none."""
    if not stated:
        return []
    return [LicenseFactory().make_from_string(stated, license_acknowledgement=LicenseAcknowledgement.DECLARED)]


def entity(name: str, url: str = "") -> OrganizationalEntity | None:
    """Name an organisation, if it is named."""
    return OrganizationalEntity(name=name, urls=[XsUri(url)] if url else None) if name else None


def purl(name: str, version: str) -> PackageURL | None:
    """Identify a file that no registry has by name and version; None of slashes and blanks, which it cannot hold."""
    return PackageURL("generic", None, name, version) if name.replace("/", "").strip() else None


def moment(time: datetime) -> str:
    """Write a time in UTC, as short as RFC 3339 allows."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def compact(value: object) -> str:
    """Write a value as JSON in one line; what would be longer than 400 characters as its digest.

    A bill must not grow with the data: the whole value is in ``run.json``, which the bill names by content.
    """
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    if len(text) <= LONGEST:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()} of {len(text)} characters of JSON, see run.json"
