"""Components to functions: each reads in its own cluster what those before it write there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from functions.provisioning.quantities import written
from functions.provisioning.services import Folder, Service
from functions.provisioning.sites import Site
from functions.provisioning.stores import Bucket, Store
from functions.provisioning.tasks import Task

NO_DRIFT, DRIFTED = "_NO_DRIFT", "_DRIFTED"
"""How names of results end that a drift detector is to let pass, and to look at."""

MONITORING_PORT = "8094"


class Wiring:
    """What runs where, and what follows what.

    Args:
        tasks: By component.
        sites: All of them; each component is on one.
        following: Component -> those that follow it.
        application: Its name as platforms take it.
        drift: The cluster that looks for drift in all results, if one does.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        sites: Sequence[Site],
        following: Mapping[str, Sequence[str]],
        *,
        application: str,
        drift: Site | None = None,
    ) -> None:
        self._tasks = tasks
        self._sites = {component: site for site in sites for component in site.components}
        self._following = following
        self._application = application
        self._drift = drift

    def service(self, component: str) -> Service:
        """The component's function."""
        task, site = self._tasks[component], self._sites[component]
        outputs, stores = self._outputs(component)
        return Service(
            component=component,
            name=task.name,
            image=task.image,
            program=f"/opt/{component}/script.sh",
            memory=task.memory,
            cpu=task.cpu,
            variables={**self._variables(task, site), **self._drift_variables()},
            inputs=tuple(self._inputs(component)),
            outputs=outputs,
            stores=stores,
            gpu=task.gpu,
            sgx=task.sgx,
            exposed=task.exposed,
        )

    def _inputs(self, component: str) -> Iterator[Folder]:
        """Whoever comes before writes into this component's cluster; the first ones have a folder of their own."""
        site = self._sites[component]
        before = [other for other, others in self._following.items() if component in others]
        for other in before:
            yield self._local(site, other, "output")
        if not before:
            yield self._local(site, component, "input")

    def _outputs(self, component: str) -> tuple[tuple[Folder, ...], dict[str, Store]]:
        site = self._sites[component]
        targets = [self._sites[other] for other in self._following[component]] or [site]
        found: dict[Folder, None] = {}
        stores: dict[str, Store] = {}
        for target in targets:
            if site.opens(target):
                found[self._local(target, component, "output")] = None
            else:
                found[self._remote(target, component, "output")] = None
                stores[target.name] = target.store
        if self._drift is None:
            return tuple(found), stores
        drifted = replace(self._remote(self._drift, component, "drift_detection_data"), suffix=DRIFTED)
        stores[self._drift.name] = self._drift.store
        return (*(replace(folder, suffix=NO_DRIFT) for folder in found), drifted), stores

    def _local(self, site: Site, component: str, folder: str) -> Folder:
        return Folder("s3" if site.kind == "lambda" else "minio", self._path(site, component, folder))

    def _remote(self, site: Site, component: str, folder: str) -> Folder:
        kind = "s3" if site.kind == "lambda" else "minio"
        return Folder(f"{kind}.{site.name}", self._path(site, component, folder))

    def _path(self, site: Site, component: str, folder: str) -> str:
        below = f"{self._tasks[component].bucket}/{folder}"
        return f"{site.store.name}/{below}" if isinstance(site.store, Bucket) else below

    def _variables(self, task: Task, site: Site) -> dict[str, str]:
        variables = {
            "COMPONENT_NAME": task.component,
            "MONIT_HOST": f"{self._application}-telegraf",
            "MONIT_PORT": MONITORING_PORT,
            "COMPUTING_UNITS": written(task.cpu),
        }
        if not isinstance(site.store, Bucket):
            return {**variables, "KCI": site.store.endpoint}
        variables |= {"KCI": "AWS Lambda", "RESOURCE_ID": "AWS Lambda", "MONIT_HOST": "localhost"}
        if site.above:
            variables |= {"INFLUX_ENDPOINT": site.above.url, "INFLUX_TOKEN": site.above.token}
        return variables

    def _drift_variables(self) -> dict[str, str]:
        drift = self._drift
        if drift is None or isinstance(drift.store, Bucket):
            return {}
        return {
            "DRIFT_DETECTOR_MINIO_URL": drift.store.endpoint,
            "DRIFT_DETECTOR_MINIO_BUCKET": self._tasks[drift.components[0]].bucket,
            "DRIFT_DETECTOR_MINIO_AK": drift.store.access_key,
            "DRIFT_DETECTOR_MINIO_SK": drift.store.secret_key,
        }
