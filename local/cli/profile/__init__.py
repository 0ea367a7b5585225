"""``noria profile``."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from local.cli.output import progress_bar, say, show, table
from local.cli.session import json_option

if TYPE_CHECKING:
    from functions.profiling.campaign import Campaign, Report
    from functions.profiling.campaign_cluster import CampaignCluster
    from local.cli.profile.application import ProfiledApplication
    from local.cli.profile.folder import CampaignFolder

_path = click.Path(path_type=Path)


@click.command()
@click.argument("folder", metavar="DIR", type=_path)
@click.option(
    "--fdl", "fdl_files", type=_path, multiple=True, help="The application's pipeline.  [default: DIR/oscar/*]"
)
@click.option(
    "--on",
    "on",
    multiple=True,
    metavar="[RESOURCE=]CLUSTER",
    help="Measure on this OSCAR cluster, which is that resource.  [default: here]",
)
@click.option("--clusters", type=_path, help="How clusters are reached.  [default: clusters.yaml in DIR]")
@click.option("--dry-run", is_flag=True, help="Say which runs there would be, and do nothing.")
@click.option("--resume", is_flag=True, help="Go on with a campaign that was interrupted.")
@click.option(
    "--closed-loop", is_flag=True, help="Send each file when one before is answered: the greatest throughput."
)
@click.option("--output", type=_path, help="Folder of the campaign.  [default: DIR/oscarp/<campaign_dir>]")
@click.option("--patience", default=300.0, show_default=True, help="Seconds to wait for what a run has sent.")
@click.option("--seed", default=0, show_default=True, help="Of exponential arrivals.")
@json_option
def profile(
    folder: Path,
    fdl_files: tuple[Path, ...],
    on: tuple[str, ...],
    clusters: Path | None,
    dry_run: bool,
    resume: bool,
    closed_loop: bool,
    output: Path | None,
    patience: float,
    seed: int,
    as_json: bool,
) -> None:
    """Measure an application: runs of its pipeline as its run_parameters.yaml plans them, and tables of what they took.

    The campaign has a store, a broker and workers of its own in its folder, as many workers of each function as a
    run's parallelism says. After an interruption --resume repeats the run that was under way and goes on.

    With --on the services are put on OSCAR clusters, under names and with buckets of the campaign's own, and taken away
    after it; times are read from OSCAR's lists and logs of jobs.

    \b
    $ noria profile my-app/ --fdl fdl/mask-detection.yaml --dry-run
    $ noria profile my-app/ --fdl fdl/mask-detection.yaml
    $ noria profile my-app/ --on RasPi=edge --on VM1=cloud --clusters clusters.yaml
    """
    from functions.profiling.planning import Mode, plan
    from local.cli.profile.application import ProfiledApplication
    from local.cli.profile.clusters import clusters_of
    from local.cli.profile.folder import CampaignFolder

    with TemporaryDirectory() as spare:
        at = Path(spare) if dry_run else output / "designs" if output else None
        application = ProfiledApplication.read(folder, fdl_files, at=at)
    there = clusters_of(on, folder=folder, file=clusters) if on else {}
    application = application.on(there) if there else application.here()
    mode: Mode = "closed" if closed_loop else "given"
    whole, cuts = application.components, application.cuts
    campaign = plan(application.parameters, whole, cuts=cuts, application=application.name, mode=mode, seed=seed)
    for warning in application.warnings:
        say(f"warning: {warning}")
    if dry_run:
        show(campaign.model_dump(mode="json"), as_json=as_json, human=_planned(campaign))
        return
    place = CampaignFolder(output or application.default_output)
    with place.lock():
        report = _carried_out(application, campaign, place, there, resume=resume, patience=patience)
        files = place.write(report)
    show(_document(report, files), as_json=as_json, human=_told(report, files))


def _carried_out(
    application: "ProfiledApplication",
    campaign: "Campaign",
    place: "CampaignFolder",
    there: Mapping[str, "CampaignCluster"],
    *,
    resume: bool,
    patience: float,
) -> "Report":
    from local.cli.profile.conducting import Conductor
    from local.cli.profile.oscar_stage import OscarStage
    from local.cli.profile.stage import PlaneStage

    with progress_bar("profiling", sum(len(run.load.times) for run in campaign.runs)) as bar:
        task = bar.task_ids[0]
        designs, folder = application.designs, application.folder
        conductor = Conductor(
            application,
            campaign,
            place,
            OscarStage.of(designs, there, place.token, folder=folder) if there else PlaneStage(place.plane, designs),
            warn=lambda text: say(f"warning: {text}"),
            patience=patience,
            tick=lambda: bar.advance(task),
        )
        place.begin(campaign, resume=resume, clusters={name: each.endpoint for name, each in there.items()})
        return conductor.conduct(lambda text: bar.update(task, description=text))


def _planned(campaign: "Campaign") -> Iterator[object]:
    rows = []
    for run in campaign.runs:
        slots = " ".join(f"{slot.service}={slot.parallelism}" for slot in run.slots)
        resources = " ".join(dict.fromkeys(slot.resource for slot in run.slots))
        rows.append((run.name, slots, resources, run.load.way, len(run.load.times), f"{run.load.times[-1]:.3f}"))
    yield table(["run", "workers", "for", "load", "requests ", "last sent after s "], rows)
    yield f"{len(campaign.runs)} runs, {sum(len(run.load.times) for run in campaign.runs):,} requests"


def _document(report: "Report", files: list[Path]) -> dict[str, object]:
    from functions.profiling.jobs import jobs

    rows = jobs(report)
    return {
        "campaign": report.campaign.name,
        "runs": len(report.finished),
        "jobs": len(rows),
        "failures": sum(row.failed for row in rows),
        "files": [str(file) for file in files],
    }


def _told(report: "Report", files: list[Path]) -> Iterator[object]:
    from functions.profiling.runs import run_tables

    rows = []
    for each in run_tables(report):
        if each.name.endswith("runtime_dataframe"):
            for half, measured in each.rows:
                run = getattr(half, "runs", "")
                found = (measured.avg_response_time_ms, measured.p50_ms, measured.p95_ms, measured.p99_ms)
                shown = ["" if value is None else f"{value:,.0f}" for value in found]
                rows.append((run, getattr(half, "configurations", ""), measured.jobs, measured.failures, *shown))
    yield table(["run", "workers", "requests ", "failed ", "mean ms ", "p50 ", "p95 ", "p99 "], rows)
    yield ""
    yield from map(str, files)
