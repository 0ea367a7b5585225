"""The rules of the project's shape, held by reading the imports."""

import ast
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import events
import fdl
import functions
import local

ROOT = Path(__file__).parents[2]
OURS = {"events", "fdl", "functions", "local", "tests"}


def modules(*folders: str) -> Iterator[tuple[str, set[str]]]:
    """Give each module below the folders, and the full names of all that it imports."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), imports(path)


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def tops(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def test_events_imports_nothing_of_ours_but_itself() -> None:
    assert not [path for path, names in modules("events") if tops(names) & (OURS - {"events"})]


def test_fdl_imports_nothing_of_ours_but_itself() -> None:
    assert not [path for path, names in modules("fdl") if tops(names) & (OURS - {"fdl"})]


def test_a_function_imports_no_other_function() -> None:
    handlers = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}

    for name in handlers:
        for path, names in modules(f"functions/{name}"):
            others = {f"functions.{other}" for other in handlers - {name}}
            assert not [n for n in names if any(n == other or n.startswith(f"{other}.") for other in others)], path


def test_a_handler_knows_no_store_no_broker_and_no_host() -> None:
    forbidden = {"boto3", "botocore", "obstore", "minio", "nats", "local"}

    for path in (ROOT / "functions").glob("*/handler.py"):
        names = imports(path)
        assert not tops(names) & forbidden, path
        assert not [name for name in names if name.startswith("functions.runtime.hosts")], path


def test_only_the_jetstream_host_the_events_scripts_and_local_know_nats() -> None:
    knowing = {path for path, names in modules("events", "fdl", "functions") if "nats" in tops(names)}

    assert all(path.startswith(("functions/runtime/hosts/jetstream/", "events/scripts/")) for path in knowing)


def test_events_know_a_store_only_in_their_scripts_which_nothing_else_imports() -> None:
    stores = {"boto3", "botocore", "obstore", "minio"}
    knowing = {path for path, names in modules("events", "fdl") if tops(names) & stores}
    importing = {
        path
        for path, names in modules("events", "fdl", "functions", "local")
        if any(name.startswith("events.scripts") for name in names)
    }

    assert {path.rpartition("/")[0] for path in knowing} == {"events/scripts"}
    assert {path.rpartition("/")[0] for path in importing} == {"events/scripts"}


def test_only_the_lambda_host_knows_powertools() -> None:
    knowing = {
        path for path, names in modules("events", "fdl", "functions", "local") if "aws_lambda_powertools" in tops(names)
    }

    assert knowing <= {"functions/runtime/hosts/aws_lambda.py"}


def test_nothing_at_run_time_depends_on_what_lies_beside_the_project() -> None:
    texts = {
        path: path.read_text()
        for folder in ("events", "fdl", "functions", "local")
        for path in (ROOT / folder).rglob("*.py")
    }

    assert not [path for path, text in texts.items() if "shared/" in text]


def test_the_packages_are_ours_and_no_installed_distribution_provides_them() -> None:
    for package in (events, fdl, functions, local):
        assert Path(next(iter(package.__path__))).parent == ROOT
    taken = {
        (dist.name, top)
        for dist in distributions()
        if dist.name != "noria"
        for top in (dist.read_text("top_level.txt") or "").split()
        if top in OURS - {"tests"}
    }
    assert not taken


def test_no_part_of_a_host_is_longer_than_a_person_reads_at_once() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in Path("functions/runtime/hosts").rglob("*.py")}

    assert lines
    assert {path: count for path, count in lines.items() if count > 150} == {}
