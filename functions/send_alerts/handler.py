"""Deliver each alert to the webhooks, at least once."""

import json
from typing import Any

from events import ObjectCreated
from functions.datasets.files import opened
from functions.documents.document import HostileError, parse_json
from functions.runtime import Context, Rejected, function
from functions.runtime.errors import FunctionError
from functions.send_alerts.posting import post
from functions.send_alerts.settings import SendAlerts
from functions.watching.alerts import FIELDS, FIRST_FIELDS

Ctx = Context[SendAlerts]
KEY = "Idempotency-Key"


@function(settings=SendAlerts, network=True)
def send_alerts(event: ObjectCreated, ctx: Ctx) -> None:
    """Post what AMS posts: the alert's four fields. Writes nothing; the record says how many webhooks took it.

    Each attempt at one alert has the same ``Idempotency-Key``, by which a receiver knows one that it has.

    Raises:
        TryAgain: A webhook cannot be reached; all of them get the alert again.
        Rejected: The object is no alert, or a webhook does not want it.
    """
    body = json.dumps(_alert(event, ctx), ensure_ascii=False).encode()
    token = ctx.settings.token.get_secret_value()
    headers = {KEY: ctx.digest(ctx.fetch(event)), **({"Authorization": f"Bearer {token}"} if token else {})}
    failed: list[FunctionError] = []
    for url in ctx.settings.urls:
        try:
            post(url.get_secret_value(), body, headers=headers, timeout=ctx.settings.timeout)
        except FunctionError as error:  # the others are to have it all the same
            failed.append(error)
    ctx.metric("delivered", len(ctx.settings.urls) - len(failed))
    if failed:
        raise next((each for each in failed if each.retry), failed[0])
    ctx.log.info("delivered", extra={"webhooks": len(ctx.settings.urls)})


def _alert(event: ObjectCreated, ctx: Ctx) -> dict[str, Any]:
    hint = "only what watch-constraints writes is sent"
    try:
        with opened(ctx.fetch(event), ctx.settings.max_bytes) as file:
            document = parse_json(file.read(ctx.settings.max_bytes + 1).decode(), largest=ctx.settings.max_bytes)
    except (HostileError, UnicodeDecodeError):
        raise Rejected(f"{event.name} is no alert", hint=hint) from None
    content = document.content
    first = next((name for name in FIRST_FIELDS if isinstance(content, dict) and name in content), None)
    if first is None or not isinstance(content, dict) or any(name not in content for name in FIELDS):
        raise Rejected(f"{event.name} is no alert: it has no {first or ' or '.join(FIRST_FIELDS)}", hint=hint)
    return {name: content[name] for name in (first, *FIELDS)}
