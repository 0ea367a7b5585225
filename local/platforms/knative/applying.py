"""Applying: kubectl, server-side, as whom its own configuration says; all goes by its standard input."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from functions.runtime.errors import Rejected, TryAgain
from local.platforms.knative.manifests import write
from local.platforms.knative.pods import Manifest
from local.platforms.target import Say

PATIENCE = 60.0
"""Seconds for one call."""
KEDA = "keda.sh"
_LOGGED = re.compile(r"[EWI]\d{4} ")
"""How lines of klog begin."""
_AWAY = ("refused", "no such host", "i/o timeout", "Unable to connect", "was refused", "TLS handshake timeout")


@dataclass(frozen=True)
class Kubectl:
    """kubectl for one namespace; what is applied twice is changed, and not made again."""

    program: str
    namespace: str
    folder: Path

    @classmethod
    def found(cls, namespace: str, folder: Path) -> "Kubectl":
        """Look for it.

        Raises:
            Rejected: There is none.
        """
        program = shutil.which("kubectl")
        if program is None:
            apply = "kubectl apply --server-side --field-manager noria -R -f DIR"
            hint = f"--output DIR, and where there is one: kubectl create namespace {namespace}; {apply}"
            raise Rejected("there is no kubectl here", hint=hint)
        return cls(program, namespace, folder)

    def look_for(self, groups: Sequence[str]) -> None:
        """See that the cluster knows what is to be applied.

        Raises:
            Rejected: It lacks something that cannot be left out.
        """
        for group in groups:
            if not self._knows(group):
                hint = "install Knative Serving and Eventing there, or --plain"
                raise Rejected(f"the cluster has no Knative: it does not know {group}", hint=hint)

    def make_namespace(self, say: Say) -> None:
        """Make the namespace, if it is not there."""
        there = self._call("get", "namespace", self.namespace, "--ignore-not-found", "-o", "name")
        if not there.strip():
            self._apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}])
            say(f"made the namespace {self.namespace}")

    def apply_secret(self, manifest: Manifest, say: Say) -> None:
        """Apply a Secret, which lies in no file."""
        self._apply([manifest])
        say(f"applied the Secret {manifest['metadata']['name']}")

    def apply(self, name: str, say: Say) -> None:
        """Apply the objects of a file in the folder; a scaler only where there is KEDA."""
        objects = list(yaml.safe_load_all((self.folder / name).read_text()))
        scalers = [each for each in objects if each["apiVersion"].startswith(f"{KEDA}/")]
        if scalers and not self._knows(KEDA):
            objects = [each for each in objects if each not in scalers]
            say(f"{name}: there is no KEDA, so one copy runs whatever waits")
        self._apply(objects)
        say(f"applied {name}")

    def _knows(self, group: str) -> bool:
        return bool(self._call("api-resources", "--api-group", group, "-o", "name").strip())

    def _apply(self, objects: Sequence[Manifest]) -> None:
        self._call("apply", "--server-side", "--field-manager", "noria", "-f", "-", given=write(objects))

    def _call(self, *arguments: str, given: str = "") -> str:
        """Call it, and give what it prints.

        Raises:
            Rejected: The cluster refuses.
            TryAgain: It does not answer.
        """
        command = [self.program, "--namespace", self.namespace, *arguments]
        try:
            done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise TryAgain(f"kubectl {arguments[0]} has no answer after {PATIENCE:g} s") from None
        if done.returncode == 0:
            return done.stdout
        said = _said(done.stderr) or f"exit code {done.returncode}"
        if any(each in said for each in _AWAY):
            raise TryAgain(f"the cluster does not answer: {said[:500]}", hint="kubectl cluster-info")
        raise Rejected(
            f"kubectl {arguments[0]} failed: {said[:1000]}", hint="what was applied before stays; call it again"
        )


def _said(text: str) -> str:
    """Give what kubectl says to a person, on one line, without what it logs for programmers."""
    return " ".join(word for line in text.splitlines() if not _LOGGED.match(line) for word in line.split())
