"""A set is worked on once it is complete and settled; what is wrong with it is said in one sentence."""

import hashlib
import math
from pathlib import Path
from typing import Any

import pytest

from functions.runtime import Context, Rejected
from functions.runtime.asking import RefusedError
from functions.runtime.desk import Beside
from functions.runtime.errors import NotYetError
from functions.runtime.local_desk import LocalDesk, local_event
from functions.train_on_upload.gathering import Gathered, gather
from functions.train_on_upload.pinning import ChangedError, local_name, pin
from functions.train_on_upload.settings import TrainOnUpload
from functions.training.record import ROLES
from tests.unit.training.jobs import make_job


def gathered(
    job: Path,
    pins: Path,
    *,
    event: str = "",
    waited: float = math.inf,
    desk: type[LocalDesk] = LocalDesk,
    **settings: Any,
) -> Gathered | None:
    """Gather as the event of one object in the folder."""
    file = job / event if event else sorted(path for path in job.iterdir() if path.is_file())[-1]
    pins.mkdir(exist_ok=True)
    ctx = Context(settings=TrainOnUpload(**settings), folder=pins, desk=desk(file), waited=waited)
    return gather(local_event(file), ctx, pins)


def refusal(job: Path, pins: Path, **given: Any) -> Rejected:
    with pytest.raises(Rejected) as caught:
        gathered(job, pins, **given)
    return caught.value


class Young(LocalDesk):
    """A folder to which something was uploaded half a second ago."""

    def beside(self, up: int = 0) -> tuple[Beside, ...]:
        first, *others = super().beside(up)
        return (first.model_copy(update={"age": 0.5}), *others)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    return make_job(tmp_path / "job")


def rewrite(job: Path, before: str, after: str) -> None:
    file = job / "dataset_definition.yaml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


@pytest.mark.parametrize("event", ["model.keras", "dataset.csv", "dataset_definition.yaml"])
def test_whichever_member_comes_last_the_set_is_the_same(job: Path, tmp_path: Path, event: str) -> None:
    found = gathered(job, tmp_path / "pins", event=event)

    assert found is not None
    assert {role: each.input.name for role, each in found.pinned.items()} == {
        "dataset": "dataset.csv",
        "definition": "dataset_definition.yaml",
        "model": "model.keras",
    }
    for each in found.pinned.values():
        assert each.input.sha256 == hashlib.sha256((job / each.input.name).read_bytes()).hexdigest()


@pytest.mark.parametrize("gone", ["model.keras", "dataset.csv", "dataset_definition.yaml"])
def test_what_is_missing_is_waited_for_and_then_named(job: Path, tmp_path: Path, gone: str) -> None:
    (job / gone).unlink()

    with pytest.raises(NotYetError, match="the set lacks") as waiting:
        gathered(job, tmp_path / "one", waited=10)
    too_long = refusal(job, tmp_path / "two", waited=900)
    by_hand = refusal(job, tmp_path / "three")

    named = gone if gone.startswith("dataset_definition") else f"*{Path(gone).suffix}"
    assert waiting.value.patience == 900
    assert "the set is not complete after 900 s: there is no " in too_long.message
    assert named in too_long.message
    assert "the set is not complete: there is no " in by_hand.message


def test_a_complete_set_settles_before_it_is_worked_on(job: Path, tmp_path: Path) -> None:
    with pytest.raises(NotYetError, match="may still be replaced") as early:
        gathered(job, tmp_path / "one", waited=600, desk=Young, settle=2)

    assert early.value.delay == 1.5
    assert gathered(job, tmp_path / "two", waited=0, desk=Young, settle=0.5) is not None


@pytest.mark.parametrize("place", ["in/0123456789ab/", "in/my/0123456789ab/run.json/"])
def test_a_folder_that_is_named_like_a_job_is_refused(job: Path, tmp_path: Path, place: str) -> None:
    """Results of a job there would lie among those of the job that the folder is named for, which are signed."""
    event = local_event(job / "model.keras").model_copy(update={"key": f"{place}model.keras"})
    ctx = Context(settings=TrainOnUpload(), folder=tmp_path, desk=LocalDesk(job / "model.keras"), waited=math.inf)

    with pytest.raises(Rejected, match="the folder 0123456789ab is named like a job"):
        gather(event, ctx, tmp_path)


def test_a_manifest_is_waited_for_and_makes_settling_needless(job: Path, tmp_path: Path) -> None:
    wanted = {name: hashlib.sha256((job / name).read_bytes()).hexdigest() for name in ("model.keras", "dataset.csv")}
    lines = "".join(f"  {name}: {digest}\n" for name, digest in wanted.items())
    rewrite(job, "seed: 5\n", f"seed: 5\nsha256:\n{lines}")

    assert gathered(job, tmp_path / "one", waited=0) is not None
    data = (job / "dataset.csv").read_bytes()
    (job / "dataset.csv").write_bytes(data + data.splitlines(keepends=True)[-1])

    with pytest.raises(NotYetError, match=r"lacks dataset.csv with the content that the definition's sha256 names"):
        gathered(job, tmp_path / "two", waited=1)
    assert "dataset.csv with the content" in refusal(job, tmp_path / "three").message


def test_a_manifest_of_other_files_is_refused_with_the_nearest_name(job: Path, tmp_path: Path) -> None:
    rewrite(job, "seed: 5\n", f"seed: 5\nsha256: {{datset.csv: {'a' * 64}}}\n")

    refused = refusal(job, tmp_path / "pins")

    said = "sha256 names 'datset.csv', which is neither the model nor the data set; did you mean dataset.csv?"
    assert said in refused.message


@pytest.mark.parametrize(("name", "what"), [("other.onnx", "model"), ("other.parquet", "data set")])
def test_two_that_could_be_the_same_member_are_both_named(job: Path, tmp_path: Path, name: str, what: str) -> None:
    (job / name).write_bytes(b"x")

    refused = refusal(job, tmp_path / "pins")

    assert name in refused.message
    assert f"could each be the {what} of this job" in refused.message
    assert "into the definition" in refused.hint


def test_a_definition_that_names_its_members_leaves_others_alone(job: Path, tmp_path: Path) -> None:
    (job / "other.onnx").write_bytes(b"x")
    rewrite(job, "seed: 5\n", "seed: 5\nmodel: model.keras\n")

    found = gathered(job, tmp_path / "one", event="model.keras")

    assert found is not None
    assert found.pinned["model"].input.name == "model.keras"
    assert gathered(job, tmp_path / "two", event="other.onnx") is None


def test_an_object_that_is_no_member_by_its_name_neither_trains_nor_waits(job: Path, tmp_path: Path) -> None:
    (job / "README.md").write_text("hello")

    assert gathered(job, tmp_path / "pins", event="README.md", waited=0) is None


@pytest.mark.parametrize("event", ["model.keras", "dataset.csv", "dataset_definition.yaml"])
def test_a_wrong_definition_is_refused_with_its_line_once_the_folder_has_settled(
    job: Path, tmp_path: Path, event: str
) -> None:
    rewrite(job, "batch_size: 16", "batch_sise: 16")

    with pytest.raises(NotYetError, match="the set is to be refused, and may still be put right") as early:
        gathered(job, tmp_path / "one", event=event, waited=600, desk=Young, settle=2)
    refused = refusal(job, tmp_path / "two", event=event, waited=2, settle=2)

    assert early.value.delay == 1.5

    assert "dataset_definition.yaml: line 23: " in refused.message
    assert "batch_size" in refused.message


@pytest.mark.parametrize("wrong", ["definition", "two models"])
def test_of_a_sets_events_only_the_one_that_leads_raises_the_refusal(job: Path, tmp_path: Path, wrong: str) -> None:
    (job / "README.md").write_text("no member")
    if wrong == "definition":
        rewrite(job, "batch_size: 16", "batch_sise: 16")
    else:
        (job / "other.keras").write_bytes(b"x")
    asked: list[tuple[str, ...]] = []

    class Led(LocalDesk):
        def lead(self, members: tuple[Beside, ...]) -> bool:
            asked.append(tuple(one.name for one in members))
            return False

    assert gathered(job, tmp_path / "one", event="model.keras", desk=Led) is None
    assert refusal(job, tmp_path / "two", event="model.keras")
    whole = {"dataset.csv", "dataset_definition.yaml", "model.keras"}
    assert set(*asked) == (whole if wrong == "definition" else whole | {"other.keras"})


def test_what_the_host_refuses_is_not_held_against_the_set(job: Path, tmp_path: Path) -> None:
    class Refusing(LocalDesk):
        def take(self, one: Beside) -> Path:
            raise RefusedError(f"{one.name} was overwritten just now")

        def lead(self, members: tuple[Beside, ...]) -> bool:
            raise AssertionError(members)

    with pytest.raises(RefusedError):
        gathered(job, tmp_path / "pins", waited=0, desk=Refusing)


def test_limits_are_held_before_anything_is_read(job: Path, tmp_path: Path) -> None:
    size = (job / "dataset.csv").stat().st_size
    too_large = refusal(job, tmp_path / "one", max_dataset_bytes=size - 1)
    too_long = refusal(job, tmp_path / "two", max_epochs=2)

    assert too_large.message == f"dataset.csv is larger than {size - 1:,} bytes, the limit for a dataset"
    assert too_long.message == "3 epochs are more than the 2 that are allowed"


def test_data_swapped_after_it_was_hashed_is_not_what_is_trained_on(job: Path, tmp_path: Path) -> None:
    found = gathered(job, tmp_path / "pins")
    assert found is not None
    pinned = found.pinned["dataset"]

    (job / "dataset.csv").write_text("other,data\n")

    assert hashlib.sha256(pinned.path.read_bytes()).hexdigest() == pinned.input.sha256
    for role in ROLES:
        found.pinned[role].check()


@pytest.mark.parametrize("change", ["content", "replaced"])
def test_a_pinned_file_that_is_changed_all_the_same_is_noticed(tmp_path: Path, change: str) -> None:
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    (tmp_path / "pins").mkdir()
    pinned = pin(tmp_path / "data.csv", tmp_path / "pins", "dataset", name="data.csv", limit=100)
    pinned.check()

    pinned.path.chmod(0o600)
    if change == "content":
        pinned.path.write_text("a,b\n1,3\n")
    else:
        (tmp_path / "same").write_text("a,b\n1,2\n")
        (tmp_path / "same").replace(pinned.path)

    with pytest.raises(ChangedError, match=r"data.csv was changed while it was trained on"):
        pinned.check()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")
    (tmp_path / "dataset.csv").symlink_to(tmp_path / "secret")
    (tmp_path / "pins").mkdir()

    with pytest.raises(Rejected, match=r"dataset.csv cannot be read"):
        pin(tmp_path / "dataset.csv", tmp_path / "pins", "dataset", name="dataset.csv", limit=100)


@pytest.mark.parametrize("name", ["..", ".hidden.csv", "a/b.csv", "a\\b.csv", "a\0.csv", "é.csv", "x" * 200 + ".csv"])
def test_a_name_that_could_do_harm_becomes_that_of_the_role(name: str) -> None:
    assert local_name(name, "dataset").startswith("dataset")
    assert "/" not in local_name(name, "dataset")


def test_a_plain_name_is_kept_so_that_messages_can_name_the_file() -> None:
    assert local_name("wine (2).csv", "dataset") == "wine (2).csv"
