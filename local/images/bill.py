"""``python -m local.images.bill FOLDER``: each image's bill of materials, CycloneDX 1.6, from its requirements.

What is written here is what was meant to be in an image; a scanner of the image itself (syft) has to find the same
packages of Python, which ``tests/containers/test_bill.py`` compares.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from local.images.catalogue import IMAGES, Image, images, version

ENTRY = re.compile(r"^([\w.-]+)==(\S+)((?:\s*\\?\s*--hash=sha256:[0-9a-f]{64})+)", re.MULTILINE)


def packages(image: Image) -> Iterator[Component]:
    """Give every package of Python that an image has, with the digests of the wheels that it may be from."""
    for file in (IMAGES / "base/requirements.txt", image.requirements):
        for name, is_at, marks in ENTRY.findall(file.read_text()):
            hashes = [HashType(alg=HashAlgorithm.SHA_256, content=each) for each in re.findall(r"[0-9a-f]{64}", marks)]
            # One component has one file: which of several is known only where it was installed.
            yield component(name, is_at, hashes if len(hashes) == 1 else [])


def component(name: str, is_at: str, hashes: list[HashType] | None = None) -> Component:
    """Give one package."""
    purl = PackageURL("pypi", name=name, version=is_at)
    return Component(
        type=ComponentType.LIBRARY, name=name, version=is_at, purl=purl, bom_ref=str(purl), hashes=hashes or []
    )


def bill(image: Image) -> str:
    """Give an image's bill of materials, the same text for the same requirements."""
    about = Component(type=ComponentType.CONTAINER, name=image.service, version=version(), bom_ref=image.name)
    parts = [*packages(image), component("noria", version())]
    bom = Bom(components=parts, serial_number=uuid5(NAMESPACE_URL, image.name))
    bom.metadata.component = about
    bom.metadata.timestamp = None  # type: ignore[assignment] # two bills of one image are one
    bom.register_dependency(about, parts)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def main(arguments: list[str]) -> None:
    """Write all of them."""
    if len(arguments) != 1:
        sys.exit("usage: python -m local.images.bill FOLDER")
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for image in images():
        (folder / f"{image.service}.cdx.json").write_text(bill(image) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
