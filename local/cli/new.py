"""``noria new``."""

from pathlib import Path

import click

from functions.designing.template import FOLDERS, TEMPLATES, template
from functions.designing.template_masks import PHOTO
from functions.runtime import Rejected
from local.cli.demo.pictures import write_photo
from local.cli.output import say, show
from local.cli.session import json_option


@click.command()
@click.argument("name", type=click.Path(path_type=Path))
@click.option(
    "--template", "kind", type=click.Choice(list(TEMPLATES)), default="texts", show_default=True, help="What it does."
)
@json_option
def new(name: Path, kind: str, as_json: bool) -> None:
    """Make a new application: two annotated components, and the files that say on what they may run.

    NAME is the folder to make; design and profile it as it is, then change it. texts has two small components of its
    own; masks uses two functions of noria's, blur-faces and mask-detect.

    \b
    $ noria new my-app
    $ noria design my-app
    $ noria profile my-app
    """
    if name.exists() or name.is_symlink():
        raise Rejected(f"{name} is there already", hint="give the name of a folder that is not")
    texts = template(name.name, kind)
    for folder in FOLDERS:
        (name / folder).mkdir(parents=True)
    for path, text in texts.items():
        (name / path).parent.mkdir(parents=True, exist_ok=True)
        (name / path).write_text(text)
    files = [str(name / path) for path in [*texts, *_photo(name, kind)]]
    show({"folder": str(name), "files": files}, as_json=as_json, human=[*files, f"next: noria design {name}"])


def _photo(folder: Path, kind: str) -> list[str]:
    """Write what a campaign sends; gives its path, if there is one."""
    if kind != "masks":
        return []
    try:
        write_photo(folder / PHOTO)
    except Rejected as error:
        say(f"warning: there is no photo to measure with, since {error}: put one there as {PHOTO}")
        return []
    return [PHOTO]
