"""A visit: one request as a page's function sees it, and the answers that it can give."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from local.dashboard.sources import Sources


@dataclass(frozen=True)
class Visit:
    """One request; ``form`` has the fields of a POST, in their order."""

    request: Request
    form: Sequence[tuple[str, str]] = ()

    @property
    def sources(self) -> Sources:
        """Where a page finds what it shows."""
        found: Sources = self.request.app.state.sources
        return found

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks, for a part of the page."""
        return self.request.headers.get("hx-request") == "true"

    def asked(self, name: str, default: str = "") -> str:
        """Give a parameter of the address."""
        return self.request.query_params.get(name, default)

    def chosen(self, name: str) -> list[str]:
        """Give every value of a field of the form."""
        return [value for field, value in self.form if field == name]

    def render(self, template: str, *, status: int = 200, **context: object) -> Response:
        """Answer with a template; ``here``, ``csrf``, ``navigation`` and ``sources`` are known in each."""
        state = self.request.app.state
        environment: Environment = state.templates
        known = {
            "here": self.request.url.path,
            "csrf": state.csrf,
            "navigation": state.navigation,
            "sources": self.sources,
            "notice": self.asked("notice")[:300],
        }
        return HTMLResponse(environment.get_template(template).render({**known, **context}), status)

    def redirect(self, path: str, **query: str) -> Response:
        """Lead on to another page of ours, as the answer to a form; ``notice=...`` is said at its top."""
        return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)
