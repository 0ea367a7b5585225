"""``python -m local.images [SERVICE]...``: build functions' images, all without a name; what each is and takes."""

import argparse
import sys
import time
from collections.abc import Sequence

from functions.runtime.errors import FunctionError, Rejected
from local.images.building import BASE, Builder, context, digests_from_nothing, ensure_base, fetch_wheels
from local.images.catalogue import Image, chosen, images
from local.images.podman import digest_of, size_of


def main(arguments: list[str]) -> int:
    """Build; 0 done, 3 an unknown name or ``--twice`` digests that differ, 4 podman or the package index fail."""
    given = _parser().parse_args(arguments)
    if given.list:
        sys.stdout.writelines(f"{image.service}\t{image.name}\n" for image in images())
        return 0
    try:
        is_good = build(given)
    except FunctionError as error:
        sys.stderr.write(f"{error.message}{f'; {error.hint}' if error.hint else ''}\n")
        return 3 if isinstance(error, Rejected) else 4
    return 0 if is_good else 3


def build(given: argparse.Namespace) -> bool:
    """Build what is asked for; False if something was built twice and has two digests."""
    wanted = [image for image in chosen(given.services) if image.service not in given.without]
    if given.base == BASE:
        ensure_base()
    began = time.monotonic()
    fetch_wheels(wanted)
    sys.stderr.write(f"wheels: {time.monotonic() - began:.0f} s\n")
    with context() as folder:
        builder = Builder(folder, base=given.base, fresh=given.no_cache)
        if given.twice:
            return build_twice(builder, wanted)
        builder.base()
        for image in wanted:
            began = time.monotonic()
            builder.function(image)
            size = f"{size_of(image.name) / 1e6:.0f} MB"
            _say(image.name, size, f"{time.monotonic() - began:.0f} s", digest_of(image.name))
    return True


def build_twice(builder: Builder, wanted: Sequence[Image]) -> bool:
    """Build the base and each image twice from nothing, and tell whether each has one digest."""
    first = {}
    for name, digest in digests_from_nothing(builder, wanted):
        first[name] = digest
        sys.stderr.write(f"{name}: once\n")
    is_good = True
    for name, digest in digests_from_nothing(builder, wanted):
        is_same = first[name] == digest
        _say(name, *(("twice the same", digest) if is_same else ("NOT the same", first[name], digest)))
        is_good = is_good and is_same
    return is_good


def _say(*words: str) -> None:
    sys.stdout.write("\t".join(words) + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.images", description=__doc__)
    parser.add_argument("services", nargs="*", metavar="SERVICE")
    parser.add_argument("--base", default=BASE, help="what images stand on (default: %(default)s, made here)")
    parser.add_argument("--without", action="append", default=[], metavar="SERVICE", help="repeat for more")
    parser.add_argument("--no-cache", action="store_true", help="use no layer that is there already")
    parser.add_argument("--twice", action="store_true", help="twice from nothing; say whether both have one digest")
    parser.add_argument("--list", action="store_true", help="say which images there are, and build nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
