"""The one command, ``noria``."""

import importlib
import os
import sys
from pathlib import Path

import click

from functions.runtime.settings import nearest

COMMANDS = {
    "up": "lifecycle",
    "down": "lifecycle",
    "put": "put",
    "get": "objects",
    "ls": "objects",
    "invoke": "invoke",
    "status": "status",
    "runs": "runs",
    "trace": "trace",
    "logs": "logs",
    "report": "report",
    "api": "api",
    "train": "train",
    "new": "new",
    "design": "design",
    "partition": "partition",
    "fit": "fit",
    "profile": "profile",
    "optimize": "optimize",
    "deploy": "deploy",
    "verify": "verify",
    "model": "model",
    "keys": "keys",
    "failed": "failed",
    "replay": "replay",
    "demo": "demo",
    "doctor": "doctor",
}


class Commands(click.Group):
    """The verbs, each imported only when it is used; an unknown one names the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the verbs in the order that a new user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Import one verb."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"local.cli.{COMMANDS[name]}")
        command: click.Command = getattr(module, name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or say which one was probably meant."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            ctx.fail(f"there is no command {args[0]!r}{nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="noria")
def noria() -> None:
    """Event-driven functions on object storage: upload a file, and its results land in the next bucket.

    State of the embedded services lies in .noria/ (NORIA_HOME). Exit codes: 0 done, 2 wrong usage, 3 the input was
    rejected, 4 something outside is not available, 5 a check failed, 1 our own fault.
    """


def main() -> None:
    """Run the command line; no traceback reaches a user."""
    from local.cli.output import complain

    try:
        sys.exit(noria.main(standalone_mode=False) or 0)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - everything a user meets becomes a sentence and an exit code
        sys.exit(complain(error, Path(os.environ.get("NORIA_HOME", ".noria"))))
