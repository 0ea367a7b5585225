"""A real Prometheus and a real Alertmanager with what ships in infra/, every second, and a webhook that listens."""

import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from local.ports import free_port
from local.process import Process
from tests.listening import Listener, listening
from tests.pipeline.noria import ROOT
from tests.waiting import eventually

INFRA = ROOT / "infra" / "prometheus"
PROGRAMS = ("prometheus", "prometheus-alertmanager")


def are_installed() -> bool:
    return all(map(shutil.which, PROGRAMS))


@dataclass
class Told:
    """What the webhook was told: one alert after the other."""

    url: str
    alerts: list[dict[str, Any]] = field(default_factory=list)

    def of(self, name: str) -> list[dict[str, Any]]:
        return [alert for alert in self.alerts if alert["labels"]["alertname"] == name]


@contextmanager
def webhook() -> Iterator[Told]:
    """Listen for Alertmanager."""

    class Handler(Listener):
        def answer(self) -> None:
            told.alerts += json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"]
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with listening(Handler) as address:
        told = Told(f"{address}/alerts")
        yield told


@dataclass
class Prometheus:
    """The two servers, with ``targets`` to scrape."""

    folder: Path
    targets: Path
    webhook: str
    seconds: str = "1s"

    def __post_init__(self) -> None:
        self.port, self.alerts_port = free_port(), free_port()
        self._processes: list[Process] = []

    def __enter__(self) -> "Prometheus":
        self._configure()
        self._start("prometheus-alertmanager", self.alerts_port, "--cluster.listen-address=")
        self._start("prometheus", self.port)
        eventually(lambda: self._is_ready(self.port) and self._is_ready(self.alerts_port))
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.stop(5)

    def ask(self, question: str) -> list[dict[str, Any]]:
        """Ask in PromQL, and give the result."""
        asked = urllib.parse.urlencode({"query": question})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{asked}", timeout=60) as answer:
            found = json.load(answer)
        assert found["status"] == "success", found
        result: list[dict[str, Any]] = found["data"]["result"]
        return result

    def _configure(self) -> None:
        given = yaml.safe_load((INFRA / "prometheus.yml").read_text())
        given["global"] = {"scrape_interval": self.seconds, "evaluation_interval": self.seconds}
        given["scrape_configs"][0]["file_sd_configs"] = [{"files": [str(self.targets)]}]
        given["rule_files"] = [str(INFRA / "rules.yml")]
        given["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{self.alerts_port}"]}]
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(given))
        given = yaml.safe_load((INFRA / "alertmanager.yml").read_text())
        given["receivers"][0]["webhook_configs"][0]["url"] = self.webhook
        (self.folder / "prometheus-alertmanager.yml").write_text(yaml.safe_dump(given))

    def _start(self, name: str, port: int, *more: str) -> None:
        data = "storage.tsdb.path" if name == "prometheus" else "storage.path"
        flags = [f"--web.listen-address=127.0.0.1:{port}", f"--{data}={self.folder / name}", *more]
        command = [name, f"--config.file={self.folder / name}.yml", *flags]
        process = Process(name, command, folder=self.folder, dies_with_parent=True)
        process.start()
        self._processes.append(process)

    def _is_ready(self, port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
