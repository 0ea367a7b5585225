"""Jobs over HTTP, with AIBoMGen's requests and answers, in front of a real store, broker and worker."""

from collections.abc import Iterator

import pytest

from local.api.members import new_job_id
from tests.pipeline.api.conftest import Served

NOBODYS = "019a9c3e-7c1d-7b52-9d3f-0c7f4a2b9e11"


@pytest.fixture
def second(served: Served) -> Iterator[Served]:
    """Another API process for the same plane."""
    second = served.another()
    try:
        yield second
    finally:
        second.end()


def test_a_job_is_submitted_followed_and_its_files_are_listed_and_downloaded(served: Served) -> None:
    answer = served.submit(model=b"abc")
    job = answer.json()["job_id"]
    status = served.ended(job)
    listed = served.client.get(f"/job_artifacts/{job}").json()
    model = served.client.get(f"/job_artifacts/{job}/trained_model.keras")

    names = ["metrics.json", "run.json", "trained_model.keras", "bom.cdx.json"]
    assert answer.json() == {"job_id": job, "status": "Training started", "unique_dir": job}
    assert status["status"] == "completed"
    assert status["result"] == {
        "training_status": "training job completed",
        "unique_dir": job,
        "job_id": job,
        "message": "Training completed successfully and AIBoM generated.",
        "output_artifacts": names,
        "hint": "",
    }
    assert listed == {"job_id": job, "artifacts": [f"models/out/{job}/0123456789ab/{name}" for name in names]}
    assert model.content == b"cba"


def test_what_is_wrong_with_the_data_is_said_in_the_status(served: Served) -> None:
    status = served.ended(served.submitted(b"reject"))

    assert (status["status"], status["result"]["training_status"]) == ("failed", "training job failed")
    assert (status["result"]["message"], status["result"]["hint"]) == (
        "row 1 has a NaN in feature1",
        "leave the row out",
    )
    assert status["result"]["output_artifacts"] == []


def test_a_model_that_nobody_signs_is_a_failed_job(served: Served) -> None:
    status = served.ended(served.submitted(b"refuse"))

    assert status["status"] == "failed"
    assert status["result"]["message"] == "the model was trained, but sign refused it: the weights are unchanged"
    assert status["result"]["hint"] == "train for longer"


def test_two_jobs_at_once_do_not_mix(served: Served) -> None:
    jobs = {served.submitted(b"seconds=0.3\n", model): model for model in (b"one", b"two", b"six")}

    for job, model in jobs.items():
        assert served.ended(job)["status"] == "completed"
        assert served.client.get(f"/job_artifacts/{job}/trained_model.keras").content == model[::-1]


@pytest.mark.usefixtures("closed_door")
def test_a_job_outlives_the_api_that_took_it(served: Served, second: Served) -> None:
    second.start()
    job = second.submitted(b"wait\n")
    second.await_state(job, "running")
    second.stop()
    served.door.touch()

    status = served.ended(job)
    second.start()

    assert status["status"] == "completed"
    assert second.status(job) == status


def test_a_set_that_is_not_complete_waits(served: Served) -> None:
    job = new_job_id()
    served.store.write("training", f"in/{job}/model.keras", b"model")

    status = served.await_state(job, "waiting")

    assert status["result"] is None


def test_there_is_no_job_that_nobody_submitted(served: Served) -> None:
    answer = served.client.get(f"/job_status/{NOBODYS}")

    assert answer.status_code == 404
    assert answer.json() == {"detail": f"there is no job {NOBODYS}", "hint": "GET /jobs lists them"}


@pytest.mark.parametrize(
    "path",
    ["/job_status/{}", "/job_artifacts/{}", f"/job_artifacts/{NOBODYS}/{{}}", "/job_artifacts/{}/a", "/job_events/{}"],
)
@pytest.mark.parametrize(
    "trick", ["%2e%2e", "..%2f..%2fsecret", "a%00b", "%5c..%5c", "%ff", "x" * 1024, "%E2%80%AE", "*"]
)
def test_t3_a_path_that_is_no_uuid_and_no_plain_name_is_refused(served: Served, path: str, trick: str) -> None:
    answer = served.client.get(path.format(trick))

    assert answer.status_code in {404, 422}
    assert set(answer.json()) == {"detail", "hint"}


def test_jobs_are_listed_the_newest_first_page_by_page(served: Served) -> None:
    jobs = [served.submitted() for _ in range(3)][::-1]
    for job in jobs:
        served.ended(job)

    first = served.client.get("/jobs", params={"limit": 2}).json()
    second = served.client.get("/jobs", params={"limit": 1, "after": first["next"]}).json()

    assert [job["job_id"] for job in (*first["jobs"], *second["jobs"])] == jobs
    assert first["jobs"][0] == served.status(jobs[0])


def test_a_list_can_be_of_one_state(served: Served) -> None:
    failed, good = served.submitted(b"reject"), served.submitted()
    states = {failed: served.ended(failed)["status"], good: served.ended(good)["status"]}

    found = served.client.get("/jobs", params={"state": "failed", "limit": 100}).json()["jobs"]

    assert states == {failed: "failed", good: "completed"}
    assert {job["status"] for job in found} == {"failed"}
    assert failed in {job["job_id"] for job in found}


def test_the_last_page_says_that_it_is_the_last(served: Served) -> None:
    pages, after = 0, ""
    while after is not None:
        page = served.client.get("/jobs", params={"limit": 100, "after": after}).json()
        pages, after = pages + 1, page["next"]
        assert pages < 100

    assert page["next"] is None


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"stat": "failed"}, "stat is not a parameter; did you mean state?"),
        ({"limit": "0"}, "limit is '0': input should be greater than or equal to 1"),
        ({"after": "../x"}, "after is '../x': string should match pattern"),
    ],
)
def test_a_wrong_parameter_is_named(served: Served, query: dict[str, str], said: str) -> None:
    answer = served.client.get("/jobs", params=query)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(said)
