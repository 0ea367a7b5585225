"""What a submission's definition says, against what was sent with it: a job that can only wait is refused at once."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from functions.datasets.definition import read_definition
from local.api.refusal import Refusal


def check_definition(name: str, content: bytes, members: Mapping[str, tuple[str, str]]) -> None:
    """Read the definition, and compare the names and digests in it.

    Args:
        name: What the definition is stored as.
        content: Its bytes.
        members: What ``model`` and ``dataset`` are stored as, and the SHA-256 of each in hex.

    Raises:
        Rejected: It is no definition; every wrong field is named with its line.
        Refusal: 422; it names other files, or other contents, than were sent.
    """
    with tempfile.TemporaryDirectory(prefix="noria-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        definition = read_definition(path)
    for role, (stored, _) in members.items():
        named = getattr(definition, role)
        if named not in {None, stored}:
            hint = f"leave {role} out of it, or call it {stored}"
            raise Refusal(422, f"{name} names the {role} {named}; here it is {stored}", hint=hint)
    digests = dict(members.values())
    for file, digest in definition.sha256.items():
        if file not in digests:
            hint = f"name {' and '.join(digests)} there, or leave sha256 out"
            raise Refusal(422, f"{name} has the sha256 of {file}, which is not here", hint=hint)
        if digest != digests[file]:
            raise Refusal(422, f"the content of {file} is not what {name} says in sha256", hint="send it again")
