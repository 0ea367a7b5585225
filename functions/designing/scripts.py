"""The scripts of a pipeline: each runs one component, on this machine where it lies, in its image where that has it."""

import os
from pathlib import Path
from shlex import quote

from functions.continuum.deployments import part_of
from functions.designing.components import SCRIPT
from functions.designing.part_code import HAND_OVER

OWN_SCRIPT = "script.sh"
IMAGES = "/opt"
"""Below it lies each component in its image (aisprint, toscarizer)."""

_FIND = """\
#!/bin/sh
# Made by noria design. It finds the component where it was designed; in its image that is {opt}.
here="$(dirname "$0")/"{source}
[ -e "$here/{main}" ] || here={opt}
name="${{INPUT_FILE_PATH##*/}}"
"""
_GOES_ON = """\
name="${{name%{hand_over}}}"
"""
_JOIN = """\
# Several components lead here: what is made of objects of one name is told apart by the bucket they come from.
from="${{EVENT#*'"Key":"'}}"
from="${{from%%/*}}/"
mkdir -p "$TMP_OUTPUT_DIR/$from" || exit
"""
_RUN = """\
cd "$here" && exec python3 {main} -i "$INPUT_FILE_PATH" -o "$TMP_OUTPUT_DIR/$from$name"
"""
_RUN_AND_SORT = """\
case "$name" in *{hand_over})
  echo "only what parts hand over ends with {hand_over}: rename the object" >&2
  exit 65 ;;
esac
# All that it makes is a result, below {result}/, but for the one file that it hands over to the next part.
mkdir -p "$TMP_OUTPUT_DIR/{result}/$from" || exit
made="{result}/$from$name"
cd "$here" && python3 {main} -i "$INPUT_FILE_PATH" -o "$TMP_OUTPUT_DIR/$made" || exit
handed="$TMP_OUTPUT_DIR/$made{hand_over}"
[ ! -f "$handed" ] || mv "$handed" "$TMP_OUTPUT_DIR/$from"
"""
_HERE = """\
# Added by noria design: the component's folder, under a name without blanks; in its image that is {opt}.
NORIA_HERE="$(dirname "$0")/"{source}
[ -e "$NORIA_HERE/{own}" ] || NORIA_HERE={opt}
case "$NORIA_HERE" in *[[:space:]]*)
  link="$(mktemp -d)" && ln -s "$(cd "$NORIA_HERE" && pwd)" "$link/here" || exit
  NORIA_HERE="$link/here" ;;
esac
export NORIA_HERE
"""
_OWN = """\
#!/bin/sh
# Made by noria design: the component is noria's own function.
exec noria invoke {function} --input "$INPUT_FILE_PATH" --output "$TMP_OUTPUT_DIR"
"""
RESULT = "result"
"""Folder of what a part with an exit gives when it ends there."""


def script_of_function(name: str) -> str:
    """Give the script that runs one of noria's own functions in its image."""
    return _OWN.format(function=name)


def script_of_component(part: str, source: Path, folder: Path, *, joins: bool = False, exits: bool = False) -> str:
    """Give the script that runs a component, or a part of one.

    Args:
        part: Its name.
        source: The folder of its code.
        folder: Where the script will lie.
        joins: Whether several components lead to it.
        exits: Whether a request may end here instead of going on to the next part.
    """
    way = os.path.relpath(source.absolute(), folder.absolute())
    written = source / OWN_SCRIPT
    if written.is_file():
        return _adapted(written.read_text(errors="replace"), part, way)
    half = part_of(part)
    known = {"opt": quote(f"{IMAGES}/{part}"), "source": quote(way), "main": SCRIPT}
    known |= {"result": RESULT, "hand_over": HAND_OVER}
    text = _FIND + (_GOES_ON if half and half.half > 1 else "") + (_JOIN if joins else "from=\n")
    return (text + (_RUN_AND_SORT if exits else _RUN)).format(**known)


def _adapted(text: str, part: str, way: str) -> str:
    """Let a script that was written for its component's image find the component here too."""
    image = f"{IMAGES}/{part}"
    first, line_end, rest = text.partition("\n")
    if f"{image}/" not in text:
        return text
    if not first.startswith("#!"):
        first, line_end, rest = "#!/bin/sh", "\n", text
    elif not any(word.endswith("sh") for word in first.split()):
        return text.replace(f"{image}/", f'$(dirname "$0")/{way}/')
    here = _HERE.format(opt=quote(image), source=quote(way), own=OWN_SCRIPT)
    return first + line_end + here + rest.replace(f"{image}/", "$NORIA_HERE/")
