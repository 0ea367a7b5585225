"""Names: what clients call their files decides nothing but the kind, and ids of jobs are UUIDs in the order of time."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.api.members import SUFFIXES, is_job_id, member_name, new_job_id
from local.api.refusal import Refusal

SOME_ID = str(uuid.uuid5(uuid.NAMESPACE_DNS, "of no job"))


@pytest.mark.parametrize(
    "name",
    ["../../etc/model.keras", "C:\\models\\m.KERAS", "a\0b.keras", "\u202ecod.keras", ".keras", "x" * 2000 + ".keras"],
)
def test_t3_a_file_name_never_becomes_part_of_a_key(name: str) -> None:
    assert member_name("model", name) == "model.keras"


@given(st.sampled_from(list(SUFFIXES)), st.text())
def test_t3_whatever_a_file_is_called_its_object_has_one_of_eleven_names(role: str, name: str) -> None:
    is_taken = name.lower().endswith(SUFFIXES[role])
    if is_taken:
        assert member_name(role, name) in {role + suffix for suffix in SUFFIXES[role]}
    else:
        with pytest.raises(Refusal) as refused:
            member_name(role, name)
        assert refused.value.message.isprintable()


def test_a_kind_that_is_not_taken_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refusal, match=r"the model 'model.pkl' is not of a kind that is taken") as refused:
        member_name("model", "model.pkl")

    assert refused.value.hint == "its name ends with .keras, .onnx, .pt2 or .safetensors"


def test_a_part_with_another_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refusal, match=r"there is no part 'datset'; did you mean dataset\?"):
        member_name("datset", "a.csv")


def test_ids_of_jobs_are_uuids_of_version_7_and_sort_by_time() -> None:
    first, later = uuid.UUID(new_job_id()), list[uuid.UUID]()
    while not later or later[-1].int >> 80 == first.int >> 80:
        later.append(uuid.UUID(new_job_id()))

    assert (first.version, first.variant) == (7, uuid.RFC_4122)
    assert is_job_id(str(first))
    assert str(first) < str(later[-1])
    assert len({first, *later}) == len(later) + 1


@pytest.mark.parametrize("text", ["", "..", "A" * 36, f"{SOME_ID}\n", f"{{{SOME_ID}}}", SOME_ID.replace("-", "")])
def test_t3_what_is_no_uuid_is_no_job(text: str) -> None:
    assert not is_job_id(text)
