"""Jobs over HTTP, with AIBoMGen's requests and answers, in front of a real store, broker and worker."""


from tests.pipeline.api.conftest import Served


def test_a_job_is_submitted_followed_and_its_files_are_listed_and_downloaded(served: Served) -> None:
    answer = served.submit(model=b"abc")

    job = answer.json()["job_id"]
    assert answer.json() == {"job_id": job, "status": "Training started", "unique_dir": job}
    status = served.ended(job)
    names = ["metrics.json", "run.json", "trained_model.keras", "bom.cdx.json"]
    assert status["status"] == "completed", status
    assert status["result"] == {
        "training_status": "training job completed",
        "unique_dir": job,
        "job_id": job,
        "message": "Training completed successfully and AIBoM generated.",
        "output_artifacts": names,
        "hint": "",
    }
