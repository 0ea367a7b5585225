"""Pages of objects: what lies in a folder, and one object with its content and where it came from and led to."""

from collections.abc import Sequence
from itertools import islice
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

import fdl
from functions.runtime.errors import MissingError, Rejected
from functions.runtime.lineage import PARENT, TRACE
from functions.runtime.store import Stat
from local.dashboard.bills import bill_of_materials
from local.dashboard.contents import PICTURE_LIMIT, SVG, chunks, content, picture
from local.dashboard.lineage import above, below
from local.dashboard.pages import Pages
from local.dashboard.sources import Sources
from local.dashboard.visit import Visit

pages = Pages("Objects", "/objects")
PAGE = 100
INERT = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""What a picture may do that somebody opens by itself: SVG is a document, and may hold scripts."""
BILL = "bom.cdx.json"


@pages.get("/objects")
def objects(visit: Visit) -> Response:
    """List a folder, ``place=BUCKET/PREFIX``, or the folders that the pipelines name."""
    sources, place, after = visit.sources, visit.asked("place").strip("/"), visit.asked("after")
    bucket, _, prefix = place.partition("/")
    found: Sequence[Stat] = ()
    if bucket:
        known(sources, bucket)
        found = list(islice(sources.store.list(bucket, prefix, after=after), PAGE + 1))
    shown = found[:PAGE]
    mark = shown[-1].key if len(found) > PAGE else ""
    places = sorted({p.path for s in sources.services for p in (*s.inputs, *s.outputs)})
    return visit.render(
        "objects.html", place=place, bucket=bucket, stats=shown, after=mark, places=places, begins=bool(after)
    )


@pages.get("/object")
def one(visit: Visit) -> Response:
    """Show one object; one that is gone as far as the runs remember it."""
    sources, bucket, key = visit.sources, visit.asked("bucket"), visit.asked("key")
    known(sources, bucket)
    try:
        stat: Stat | None = sources.store.stat(bucket, key)
    except (MissingError, Rejected):
        stat = None
    makers = sources.index.touching(bucket, key, "out")
    readers = sources.index.touching(bucket, key, "in")
    if stat is None and not makers and not readers:
        raise MissingError(f"{bucket}/{key} does not exist, and no run knows it", hint="it may be a folder, or gone")
    parent = stat.metadata.get(PARENT, "") if stat else makers[0].name if makers else ""
    folder = key.rpartition("/")[0]
    return visit.render(
        "object.html",
        bucket=bucket,
        key=key,
        stat=stat,
        content=content(sources.store, bucket, stat) if stat else None,
        trace=stat.metadata.get(TRACE, "") if stat else "",
        above=above(parent, sources.ledger),
        below=below((bucket, key, stat.etag if stat else ""), sources.index),
        others=[row for row in readers if stat],
        folder=folder,
        bill=_bill(sources, bucket, key, folder),
        parts=bill_of_materials(sources.store, bucket, stat) if stat and stat.key.endswith(BILL) else None,
    )


@pages.get("/content")
def raw(visit: Visit) -> Response:
    """Give the bytes: a picture to look at, which does nothing, and anything else to save."""
    sources, bucket, key = visit.sources, visit.asked("bucket"), visit.asked("key")
    known(sources, bucket)
    stat = sources.store.stat(bucket, key)
    head = sources.store.part(bucket, key, 0, min(stat.size, 4096), etag=stat.etag) if stat.size else b""
    media = picture(key, head) if stat.size <= PICTURE_LIMIT and not visit.asked("save") else ""
    alone = visit.request.headers.get("sec-fetch-dest", "image") not in {"image", "empty"}
    shown = "inline" if media and not (alone and media == SVG) else "attachment"
    name = quote(key.rpartition("/")[2], safe="", errors="replace")
    headers = {
        "content-disposition": f"{shown}; filename*=UTF-8''{name}",
        "content-length": str(stat.size),
        "content-security-policy": INERT,
    }
    media = media if shown == "inline" else "application/octet-stream"
    return StreamingResponse(chunks(sources.store, bucket, stat), media_type=media, headers=headers)


def known(sources: Sources, bucket: str) -> None:
    """Refuse buckets of others: of the store no more is shown than what the pipelines use.

    Raises:
        MissingError: No pipeline names the bucket, and it is not the ledger's.
    """
    if bucket not in {*fdl.buckets(sources.pipelines), sources.given.ledger}:
        raise MissingError(f"no pipeline names a bucket {bucket!r}", hint="see Objects for those that are named")


def _bill(sources: Sources, bucket: str, key: str, folder: str) -> str:
    """Name the bill of materials that lies beside an object."""
    name = f"{folder}/{BILL}" if folder else BILL
    if key == name:
        return name
    try:
        sources.store.stat(bucket, name)
    except (MissingError, Rejected):
        return ""
    return name
