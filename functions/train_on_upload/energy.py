"""Energy of the processor while something runs, by its own counter (RAPL, Linux's powercap); often not readable."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/class/powercap")
ABSENT = "not measured: this machine shows no RAPL counter"
SHARED = "RAPL of all processor packages, other work on the machine included"


@dataclass(frozen=True)
class Meter:
    """Counters as they stood at the beginning: microjoules by folder."""

    before: dict[Path, int]

    @classmethod
    def start(cls, root: Path = ROOT) -> "Meter":
        """Read the counter of each processor package."""
        return cls(
            {each: value for each in sorted(root.glob("intel-rapl:[0-9]")) if (value := _read(each)) is not None}
        )

    def joules(self) -> tuple[float | None, str]:
        """Give what was used since then, and where the number is from or why there is none."""
        if not self.before:
            return None, ABSENT
        total = 0
        for each, before in self.before.items():
            now = _read(each)
            if now is None:
                return None, ABSENT
            total += now - before if now >= before else now - before + (_read(each, "max_energy_range_uj") or 0)
        return total / 1e6, SHARED


def _read(folder: Path, name: str = "energy_uj") -> int | None:
    try:
        return int((folder / name).read_text())
    except (OSError, ValueError):
        return None
