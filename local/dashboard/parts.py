"""Parts of pages that are asked for again when something has changed, and swapped only where they are not the same.

A swap takes the focus from whoever is in the part by the keyboard, and makes a screen reader begin anew: what has not
changed is answered with 204, for which htmx does nothing.
"""

import hashlib
from typing import Any

from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from local.dashboard.visit import Visit

SEEN = "seen"
"""The field by which a browser says what it has; the part's ``hx-include`` names it as ``[name=seen]``."""


def answer(visit: Visit, page: str, part: str, **context: Any) -> Response:  # noqa: ANN401 - whatever templates show
    """Answer with the template ``page``, which shows ``part``; with that alone, or nothing new, where htmx asks."""
    body = bytes(visit.render(part, **context).body).decode()
    digest = hashlib.sha256(body.encode()).hexdigest()[:16]
    if visit.is_fragment and visit.asked(SEEN) == digest:
        return Response(status_code=204)
    shown = Markup('{}<input type="hidden" name="{}" value="{}">').format(Markup(body), SEEN, digest)  # noqa: S704 - a template's own
    return HTMLResponse(shown) if visit.is_fragment else visit.render(page, part=shown, **context)
