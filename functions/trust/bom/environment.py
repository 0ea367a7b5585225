"""Where a training ran: image, operating system, processors, Python and its packages."""

from collections.abc import Iterator
from urllib.parse import quote

from cyclonedx.model.component import Component, ComponentType
from packageurl import PackageURL

from functions.training.record import Environment, Package, TrainingRecord
from functions.trust.bom.parts import Json, Part, digests, properties

REF = "environment"
PACKAGE = "package/"


def environment(record: TrainingRecord) -> Iterator[Part]:
    """Give the environment as one component, a container where it was one, and after it all that it has in it.

    These lie beside it, not in it: not every scanner looks into nested components.
    """
    place = record.environment
    sha256 = place.image.rpartition("sha256:")[2] if "sha256:" in place.image else ""
    inside = [*map(Part, _machine(place)), *map(Part, _packages(record))]
    component = Component(
        type=ComponentType.CONTAINER if place.image else ComponentType.PLATFORM,
        name="training environment",
        bom_ref=REF,
        hashes=digests(sha256),
        properties=properties(
            {
                "sandbox": record.sandbox,
                "framework": record.framework.name,
                "threads": f"{place.intra_threads} intra, {place.inter_threads} inter",
                "isa-cap": place.isa_cap or "none",
                **{f"variable:{name}": value for name, value in sorted(place.variables.items())},
            }
        ),
    )
    yield Part(component, needs=tuple(each.ref for each in inside))
    yield from inside


def _machine(place: Environment) -> list[Component]:
    cpu = properties({"machine": place.machine})
    found = [
        Component(
            type=ComponentType.OPERATING_SYSTEM,
            name=place.os,
            bom_ref="os",
            properties=properties({"kernel": place.kernel}),
        ),
        Component(type=ComponentType.DEVICE, name=place.cpu, bom_ref="cpu", properties=cpu),
        Component(
            type=ComponentType.PLATFORM,
            name="python",
            version=place.python,
            bom_ref="python",
            purl=PackageURL("generic", None, "python", place.python),
        ),
    ]
    if place.gpu:
        found.append(Component(type=ComponentType.DEVICE, name=place.gpu, bom_ref="gpu"))
    return found


def _packages(record: TrainingRecord) -> Iterator[Json]:
    """Give each package that Python could import; of two with one name, the first hides the other."""
    named = {each.name: each for each in reversed(record.environment.packages)}
    for name in sorted(named):
        yield _package(named[name], record)


def _package(package: Package, record: TrainingRecord) -> Json:
    """Name an installed package; its digest is that of RECORD, the list of its installed files and their digests."""
    component = {
        "type": "framework" if package.name in record.framework.versions else "library",
        "name": package.name,
        "version": package.version,
        "bom-ref": f"{PACKAGE}{package.name}",
        "purl": PackageURL("pypi", None, package.name, package.version).to_string(),
    }
    if not package.sha256:
        return component
    folder = f"{package.name.replace('-', '_')}-{package.version}.dist-info"
    hashes = [{"alg": "SHA-256", "content": package.sha256}]
    listing = {"type": "build-meta", "url": quote(f"{folder}/RECORD"), "hashes": hashes}
    return {**component, "externalReferences": [listing]}
