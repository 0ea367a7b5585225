"""``noria deploy --to oscar``: what is made of FDL for clusters of OSCAR, and how it gets there."""

import json
from pathlib import Path
from typing import Any

import fdl
from functions.continuum.writing import yaml_text
from functions.runtime.errors import Rejected
from local.platforms.oscar.clusters import Known, by_cluster
from local.platforms.oscar.definitions import definition, has_ledger
from local.platforms.oscar.sites import Sites
from local.platforms.oscar.steps import Step, steps
from local.platforms.policy import s3_policy
from local.platforms.target import Say, Target


class Oscar:
    """Clusters of OSCAR with MinIO or RustFS, as ``Platform`` has it."""

    def files(self, target: Target) -> dict[str, str]:
        """Give FDL, script and policy of each service, in a folder for its cluster: what oscar-cli applies, too.

        Raises:
            Rejected: OSCAR could not run a service, or the file of clusters cannot be used.
        """
        found: dict[str, str] = {}
        for cluster, services in by_cluster(target, Known.of(target)).items():
            for service in services:
                found |= {f"{cluster}/{name}": text for name, text in _files(target, cluster, service).items()}
        return dict(sorted(found.items()))

    def steps(self, target: Target) -> tuple[str, ...]:
        """Say what is done, in its order; raises as ``files`` does."""
        return tuple(step.sentence for step in _steps(target))

    def carry_out(self, target: Target, folder: Path, say: Say) -> None:  # noqa: ARG002 - OSCAR takes no files
        """Do it. Services that were not there before are taken away again where OSCAR refuses one.

        Raises:
            Rejected: A cluster is not known, or does not take something.
            TryAgain: A cluster or its store does not answer; calling it again goes on.
        """
        sites = Sites(target, Known.of(target))
        for step in _steps(target):
            try:
                step.do(sites)
            except Rejected as error:
                raise _taken_back(error, sites.take_back()) from error
            say(step.sentence)


def _steps(target: Target) -> list[Step]:
    return steps(target, by_cluster(target, Known.of(target)))


def _files(target: Target, cluster: str, service: fdl.Service) -> dict[str, str]:
    described = definition(target, service)
    script = f"scripts/{service.name}.sh"
    content: dict[str, Any] = {"functions": {"oscar": [{cluster: {**described, "script": script}}]}}
    found = {f"{service.name}.yaml": yaml_text(content), script: described["script"]}
    if has_ledger(target, service):
        policy = json.dumps(s3_policy(target.grants(service)), indent=2)
        found[f"policies/{service.name}.json"] = f"{policy}\n"
    return found


def _taken_back(error: Rejected, names: tuple[str, ...]) -> Rejected:
    done = f"; {' and '.join(names)} {'is' if len(names) == 1 else 'are'} as before" if names else ""
    return Rejected(f"{error.message}{done}", hint=error.hint)
