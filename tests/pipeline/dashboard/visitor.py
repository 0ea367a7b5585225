"""Who looks at the pages without a browser: what is asked for, and what is told by itself."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx


@dataclass(frozen=True)
class Visitor:
    """Whoever has the address with the token."""

    client: httpx.Client

    @classmethod
    @contextmanager
    def of(cls, url: str) -> Iterator["Visitor"]:
        """Open the address."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with httpx.Client(base_url=origin, follow_redirects=True, timeout=120, headers={"origin": origin}) as client:
            assert client.get(url).status_code == 200
            yield cls(client)

    def page(self, path: str, **query: str) -> str:
        """Give a page that must be there."""
        answer = self.client.get(path, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.text

    def news(self, *topics: str) -> Iterator[dict[str, dict[str, str]]]:
        """Go through what is told of some topics."""
        with self.client.stream("GET", "/live", params={"topics": " ".join(topics)}) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    told: dict[str, Any] = json.loads(line.removeprefix("data: "))
                    yield told
