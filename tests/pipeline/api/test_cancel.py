"""Cancelling a job: before it trains, while it does, and when it is too late."""

import pytest

from local.api.members import new_job_id
from tests.pipeline.api.conftest import Served


@pytest.mark.usefixtures("closed_door")
def test_a_job_that_trains_ends_when_it_is_cancelled(served: Served) -> None:
    job = served.submitted(b"deaf\n")
    served.await_state(job, "running")

    answer = served.client.post(f"/jobs/{job}/cancel")
    served.door.touch()
    status = served.ended(job)

    assert (answer.status_code, answer.json()["status"]) == (202, "cancelling")
    assert status["status"] == "cancelled"
    assert status["result"]["training_status"] == "training job cancelled"
    assert status["result"]["message"] == "the run was cancelled"
    assert status["result"]["output_artifacts"] == []


def test_a_job_that_waits_for_its_files_ends_when_it_is_cancelled(served: Served) -> None:
    job = new_job_id()
    served.store.write("training", f"in/{job}/model.keras", b"model")
    served.await_state(job, "waiting")

    served.client.post(f"/jobs/{job}/cancel")

    assert served.ended(job)["status"] == "cancelled"


@pytest.mark.usefixtures("closed_door")
def test_to_cancel_twice_is_to_cancel_once_until_the_job_has_ended(served: Served) -> None:
    job = served.submitted(b"deaf\n")
    served.await_state(job, "running")

    codes = [served.client.post(f"/jobs/{job}/cancel").status_code for _ in range(2)]
    served.door.touch()
    served.ended(job)
    late = served.client.post(f"/jobs/{job}/cancel")

    assert codes == [202, 202]
    assert (late.status_code, late.json()["detail"]) == (409, "the job is cancelled already")


def test_it_is_too_late_for_a_job_that_is_done(served: Served) -> None:
    job = served.submitted()
    served.ended(job)

    answer = served.client.post(f"/jobs/{job}/cancel")

    assert (answer.status_code, answer.json()["detail"]) == (409, "the job is completed already")
    assert served.status(job)["status"] == "completed"
