"""``noria deploy``: onto the resources that were chosen for an application, or as it stands onto another platform."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from local.cli import deploy_platform, deploy_steps
from local.cli.session import json_option
from local.platforms import PLATFORMS

F = TypeVar("F", bound=Callable[..., Any])
_folder = click.Path(path_type=Path, exists=True, file_okay=False)
_file = click.Path(path_type=Path, exists=True, dir_okay=False)


def _platform_options(function: F) -> F:
    """Add what is asked for with ``--to``."""
    for option in reversed(
        [
            click.option("--to", type=click.Choice(list(PLATFORMS)), help="The platform that FDL is deployed to."),
            click.option("--registry", default="", help="Where images are pulled from, in place of localhost:5001."),
            click.option("--tag", default="", help="The tag of those images.  [default: as in the FDL]"),
            click.option("--store", default="", help="The store's URL as services there reach it.  [default: its own]"),
            click.option("--region", default="us-east-1", show_default=True, help="The store's region."),
            click.option("--nats", default="", help="The broker's URL as services there reach it."),
            click.option("--nats-account", default="$G", show_default=True, help="Its account, for KEDA."),
            click.option("--nats-monitoring", default="", metavar="HOST:PORT", help="Its figures, for KEDA.  [8222]"),
            click.option("--ledger", default="noria-ledger", show_default=True, help="The bucket of commit records."),
            click.option("--namespace", default="noria", show_default=True, help="Kubernetes' namespace, AWS' stack."),
            click.option("--keys", type=_file, help="Each service's keys, in the form of .noria/credentials.json."),
            click.option("--plain", is_flag=True, help="Deployments, for a Kubernetes without Knative."),
            click.option("--broker", default="", help="Knative Eventing's Broker that has the events: no --nats then."),
            click.option("--cluster", default="", help="The OSCAR cluster, where FDL names none that is known."),
            click.option("--existing", multiple=True, metavar="BUCKET", help="A bucket that is there already."),
            click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Write the files here."),
        ]
    ):
        function = option(function)
    return function


def _steps_options(function: F) -> F:
    """Add what is asked for with a deployment's steps."""
    for option in reversed(
        [
            click.option(
                "--deployment",
                type=_folder,
                help="What noria optimize has written for the new deployment.  [default: STEPS' own]",
            ),
            click.option(
                "--from", "current", type=_folder, help="The same of the deployment that runs now, for its clusters."
            ),
            click.option("--here", is_flag=True, help="On this machine's plane, though the deployment has FDL."),
            click.option("--arrivals-moved", is_flag=True, help="What arrives is written to where the steps want it."),
            click.option("--undo", is_flag=True, help="Take back what was done, the last step first."),
            click.option(
                "--patience",
                default=600.0,
                show_default=True,
                type=click.FloatRange(0),
                help="Seconds to drain one service.",
            ),
            click.option(
                "--settle",
                default=10.0,
                show_default=True,
                type=click.FloatRange(0),
                help="Seconds without a job until it counts.",
            ),
        ]
    ):
        function = option(function)
    return function


@click.command()
@click.argument("paths", metavar="FDL...|DIR|STEPS.json", nargs=-1, required=True, type=click.Path(path_type=Path))
@_platform_options
@_steps_options
@click.option("--clusters", type=_file, help="OSCAR clusters' addresses, as oscar-cli has them.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@json_option
@click.pass_context
def deploy(ctx: click.Context, /, paths: tuple[Path, ...], to: str | None, **given: Any) -> None:  # noqa: ANN401
    """Deploy pipelines to another platform (--to), or carry out the steps of a deployment that was optimized.

    With --to, the FDL's services run on OSCAR, Knative or AWS Lambda, with the same results. What is to be done there
    comes from the FDL alone; --dry-run prints all of it, no secret among it. Calling it again updates what is there.

    DIR, with STEPS.json in it, is what noria optimize has written: steps from the deployment that runs to a new one, or
    from nothing, so that no object is lost. The services run on OSCAR clusters if there is FDL in the deployment's
    folder, else on this machine: then workers of the running plane stand for the resources. How far it is lies in the
    folder, in deploy.json. Whatever ends it, call it again: it goes on with the step that was begun. A step that has to
    wait for others ends it with exit code 4; between any two steps all works on.

    \b
    $ noria deploy --to oscar fdl/mask-detection.yaml --registry ghcr.io/you --dry-run
    $ noria deploy placed/ --dry-run
    $ noria deploy placed/steps.json --from running/
    $ noria deploy placed/steps.json --undo
    """
    _check_options(ctx, to)
    if to:
        own = {each.name: given[each.name] for each in fields(deploy_platform.Options)}
        deploy_platform.deploy_to(to, paths, deploy_platform.Options(**own))
        return
    if len(paths) > 1:
        raise click.UsageError(f"one DIR or STEPS.json, not {len(paths)}; FDL files are deployed with --to")
    own = {each.name: given[each.name] for each in fields(deploy_steps.Options)}
    deploy_steps.deploy_steps(paths[0], deploy_steps.Options(**own))


def _check_options(ctx: click.Context, to: str | None) -> None:
    """Refuse options that would have no effect."""
    ours, theirs = ({each.name for each in fields(form)} for form in (deploy_platform.Options, deploy_steps.Options))
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        if to and name in theirs - ours:
            raise click.UsageError(f"{parameter.opts[0]} is for the steps of a deployment, not for --to")
        if not to and name in ours - theirs:
            raise click.UsageError(f"{parameter.opts[0]} needs --to")
        if to and to not in deploy_platform.ONLY.get(name, PLATFORMS):
            others = " and ".join(f"--to {each}" for each in deploy_platform.ONLY[name])
            raise click.UsageError(f"{parameter.opts[0]} is for {others}, not for --to {to}")
