"""``logs.txt``: what happened in a training, a line each with the time; no content of the data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

MOST = 200_000
"""Lines; more are left out."""
LIBRARIES = 200
"""Lines of what libraries said that are kept, the last ones."""
_CHATTER = re.compile(r"I\d{4} |WARNING: All log messages before absl")


@dataclass
class Journal:
    """Collects lines; those of earlier attempts, up to the checkpoint that is gone on from, stand before them."""

    lines: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Add a line with the time; what would end the line or command a terminal is written out."""
        plain = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
        if len(self.lines) < MOST:
            self.lines.append(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {plain}")

    def epoch(self, numbers: Mapping[str, float]) -> None:
        """Add the numbers of an epoch."""
        shown = "  ".join(f"{name} {value:.6g}" for name, value in numbers.items() if name not in {"epoch", "epochs"})
        self.add(f"epoch {numbers.get('epoch', 0):.0f}/{numbers.get('epochs', 0):.0f}  {shown}")

    def libraries(self, said: str) -> None:
        """Add what libraries wrote to standard error."""
        lines = [line for line in said.splitlines() if line.strip() and not _CHATTER.match(line)]
        if len(lines) > LIBRARIES:
            self.add(f"({len(lines) - LIBRARIES} lines of libraries left out)")
        for line in lines[-LIBRARIES:]:
            self.add(f"library: {line[:500]}")

    def write(self, file: Path) -> None:
        """Write all lines."""
        file.write_text("".join(f"{line}\n" for line in self.lines))
