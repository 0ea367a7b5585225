"""The reference of the command line, ``docs/command-line.md``: what every verb's ``--help`` prints. ``make docs``."""

from collections.abc import Iterator

import click

from local.cli import noria


def reference() -> str:
    """Give the page."""
    parts = ["# The command line\n\nWhat `--help` prints; made by `make docs`.\n"]
    for name, text in _helps(noria, "noria"):
        parts.append(f"## {name}\n```\n{text}\n```\n")
    return "\n".join(parts)


def _helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    ctx = click.Context(command, info_name=name.rpartition(" ")[2], parent=parent, terminal_width=100)
    yield name, "\n".join(line.rstrip() for line in command.get_help(ctx).splitlines())
    if isinstance(command, click.Group):
        for verb in command.list_commands(ctx):
            below = command.get_command(ctx, verb)
            assert below is not None
            yield from _helps(below, f"{name} {verb}", ctx)


if __name__ == "__main__":
    click.echo(reference(), nl=False)
