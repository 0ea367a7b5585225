"""What is wrong with what a person says of a place, before anything is made of it."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import fdl
from fdl.checks import bucket_rule
from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected
from functions.runtime.settings import SettingsError, nearest
from local.platforms.target import Target

_FILES = ("_FILE", "_CA", "_CERT", "_KEY")
"""How names of settings end whose values are files, of the image."""
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_PART = r"[a-z0-9]+([._-]+[a-z0-9]+)*"
_REGISTRY = re.compile(rf"[A-Za-z0-9.-]+(:\d{{1,5}})?(/{_PART})*")
_IMAGE = re.compile(
    rf"([A-Za-z0-9.-]+(:\d{{1,5}})?/)?{_PART}(/{_PART})*(:\w[\w.-]{{0,127}})?(@[a-z0-9]+:[0-9a-f]{{32,}})?", re.ASCII
)
"""Grammar of image names: distribution/reference, ``reference.go``."""


def check(target: Target) -> None:
    """Look at addresses and names that came from the command line, not from FDL.

    Raises:
        Rejected: One cannot be used; no part of an address that may be a password is in the sentence.
    """
    _bucket(target)
    _address("--store", target.store_url, ("http", "https"))
    for url in target.nats_url.split(","):
        _address("--nats", url.strip(), ("nats", "tls", "ws", "wss"))
    if target.tag and not _TAG.fullmatch(target.tag):
        raise Rejected(f"{target.tag[:80]!a} is no tag of an image", hint="letters, digits, _, . and -, such as 0.1.0")
    if target.registry and not _REGISTRY.fullmatch(target.registry.rstrip("/")):
        sentence = f"{target.registry[:80]!a} is no place of images"
        raise Rejected(sentence, hint="--registry HOST/NAME without https://, in small letters, such as ghcr.io/you")
    _services(target)
    if strange := sorted(target.existing - {*target.buckets}):
        sentence = f"no service reads or writes a bucket {strange[0]}{nearest(strange[0], target.buckets)}"
        raise Rejected(sentence, hint="--existing names one of the pipelines' buckets, or the ledger's")


def _services(target: Target) -> None:
    """Look at each service's image, its keys, and what its FDL tells our hosts."""
    others = {*target.keys} - {service.name for service in target.services}
    for service in target.services:
        here = f"{target.source(service)}:{service.line} {service.name}"
        if service.oscar and not _IMAGE.fullmatch(target.image(service)):
            hint = "HOST/NAME:TAG in small letters, such as ghcr.io/you/blur-faces:0.1.0"
            raise Rejected(f"{here}: {target.image(service)[:80]!a} is no name of an image", hint=hint)
        if service.name not in target.keys and (meant := nearest(service.name, others)):
            raise Rejected(f"the file of keys has none of {service.name}{meant}", hint="keys are under services' names")
        _settings(here, service.environment)
        _places(here, service.environment, target)


def _settings(here: str, told: Mapping[str, str]) -> None:
    """Look at settings of ours in FDL; whether files that they name are there is seen where the service runs."""
    ours = {name: each for name, each in told.items() if name.startswith("NORIA_") and not name.endswith(_FILES)}
    try:
        Configuration.read(ours)
    except SettingsError as error:
        raise Rejected(f"{here}: {error.message}", hint="correct the service's environment in the FDL") from None


def _places(here: str, told: Mapping[str, str], target: Target) -> None:
    """Refuse a place in FDL that is another than what buckets, policies and networks are made for: FDL is stronger."""
    places = {
        "NORIA_LEDGER": (target.ledger, "--ledger"),
        "NORIA_STORE_URL": (target.store_url, "--store"),
        "NORIA_STORE_REGION": (target.store_region, "--region"),
        "NORIA_NATS_URL": (target.nats_url, "--nats"),
        "NORIA_STREAM": (target.stream, ""),
        "NORIA_FDL": ("", ""),
        "NORIA_SERVICE": ("", ""),
    }
    for name, (given, option) in places.items():
        if told.get(name, given) != given:
            hint = f"leave it out of the FDL{f', or say the same with {option}' if option else ''}"
            raise Rejected(f"{here}: {name} is not what it is deployed with", hint=hint)


def _bucket(target: Target) -> None:
    rule = bucket_rule(target.ledger)
    if rule:
        raise Rejected(f"{target.ledger[:80]!a} is not a name that a bucket can have", hint=f"S3 takes {rule}")
    if target.ledger in fdl.buckets(target.pipelines):
        hint = "give the ledger a bucket of its own: --ledger NAME"  # every function may read all of it
        raise Rejected(f"the ledger's bucket {target.ledger} is one that services use", hint=hint)


def _address(option: str, url: str, schemes: tuple[str, ...]) -> None:
    if not url:
        return
    try:
        found = urlsplit(url if "://" in url else f"{schemes[0]}://{url}")
        usable = (
            found.scheme in schemes and bool(found.hostname) and not re.search(r"\s", url) and (found.port or 1) > 0
        )
        has_password = "@" in found.netloc
    except ValueError:
        usable, has_password = False, "@" in url
    if has_password:
        hint = "give each service's in a file: --keys FILE"
        raise Rejected(f"{option} has a name or a password in it, and addresses are shown to all", hint=hint)
    if not usable:
        raise Rejected(f"{option} is no address", hint=f"such as {schemes[0]}://HOST:PORT")
