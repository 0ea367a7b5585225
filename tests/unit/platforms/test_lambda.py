"""``noria deploy --to lambda``: what is written, before anybody applies it."""

import json
from pathlib import Path

import pytest
import yaml

import fdl
from functions.runtime.errors import Rejected
from local.permissions import grants
from local.platforms.aws_lambda import PLATFORM
from local.platforms.target import Target, read
from tests.pipelines import pipeline, pipelines
from tests.unit.platforms.lambda_stack import FDL, files_of, target, told_by_sam, told_by_terraform


def written(folder: Path, text: str) -> Path:
    file = folder / "pipeline.yaml"
    file.write_text(text)
    return file


@pytest.fixture
def masks() -> Target:
    return target("mask-detection.yaml")


def test_template_and_terraform_say_the_same(masks: Target) -> None:
    files = files_of(masks)

    assert told_by_sam(files) == told_by_terraform(files)


def test_a_queue_hides_what_it_has_handed_out_six_times_as_long_as_a_function_may_take(masks: Target) -> None:
    told = told_by_sam(files_of(masks))

    for name, function in told["functions"].items():
        visibility, kept, receives = told["queues"][name]
        assert visibility == 6 * function["timeout"]
        assert receives * visibility < kept, "given up before SQS forgets it"


def test_what_only_some_of_a_batch_could_not_do_comes_again_alone(masks: Target) -> None:
    told = told_by_sam(files_of(masks))

    assert [each["answers"] for each in told["functions"].values()] == [["ReportBatchItemFailures"]] * 2


def test_a_function_gets_the_memory_with_which_its_processors_come(masks: Target) -> None:
    told = told_by_sam(files_of(masks))

    assert told["functions"]["<name>-blur-faces"]["memory"] == 1769, "1536Mi, and one processor"


def test_a_role_reads_and_writes_what_the_embedded_store_lets_its_function_read_and_write(masks: Target) -> None:
    told = told_by_sam(files_of(masks))

    for service in masks.services:
        granted = grants(service, masks.services, masks.ledger)
        allowed = {each["Sid"]: each["Resource"] for each in told["functions"][f"<name>-{service.name}"]["may"]}
        assert allowed["Read"] == [f"arn:<partition>:s3:::{folder}/*" for folder in granted.read]
        assert allowed["Write"] == [f"arn:<partition>:s3:::{folder}/*" for folder in granted.write]
        assert allowed["Take"] == [f"arn:<partition>:sqs:<region>:<account>:<name>-{service.name}"]


def test_only_the_bucket_that_is_watched_may_write_into_a_queue_and_only_of_this_account(masks: Target) -> None:
    senders = told_by_sam(files_of(masks))["senders"]

    assert [[each["Condition"] for each in statements] for statements in senders] == [
        [
            {
                "ArnEquals": {"aws:SourceArn": f"arn:<partition>:s3:::{bucket}"},
                "StringEquals": {"aws:SourceAccount": "<account>"},
            }
        ]
        for bucket in ("photos", "photos-blurred")
    ]


def test_a_bucket_tells_of_each_watched_folder_and_of_no_other(masks: Target) -> None:
    buckets = told_by_sam(files_of(masks))["buckets"]

    assert {bucket: folders for bucket, folders in buckets.items() if folders} == {
        "photos": ["in/"],
        "photos-blurred": ["out/"],
    }
    assert set(buckets) == {*fdl.buckets(masks.pipelines), "noria-ledger"}


def test_what_two_functions_watch_is_told_to_a_topic_that_both_hear(tmp_path: Path) -> None:
    flows = {"one": ("inbox/in", "first/out"), "two": ("inbox/in", "second/out"), "three": ("inbox/other", "third/out")}
    file = written(tmp_path, pipelines(flows))

    files = files_of(Target(read([file])))

    told = told_by_sam(files)
    assert told == told_by_terraform(files)
    (topic,) = told["topics"]
    assert topic.startswith("<name>-inbox-in-")
    assert told["heard"] == 2
    assert told["buckets"]["inbox"] == ["in/", "other/"]


def test_folders_in_each_other_are_one_notification_since_s3_takes_no_two_that_overlap(tmp_path: Path) -> None:
    flows = {"all": ("inbox/in", "first/out"), "few": ("inbox/in/few", "second/out")}
    file = written(tmp_path, pipelines(flows))

    told = told_by_sam(files_of(Target(read([file]))))

    assert told["buckets"]["inbox"] == ["in/"]
    assert told["heard"] == 2


def test_a_bucket_that_is_there_already_is_not_made_and_what_it_has_to_tell_lies_in_a_file() -> None:
    given = target("mask-detection.yaml", existing=frozenset({"photos"}))

    files = files_of(given)

    assert "photos" not in told_by_sam(files)["buckets"]
    assert told_by_sam(files)["buckets"] == told_by_terraform(files)["buckets"]
    made = json.loads(files["terraform/main.tf.json"])["resource"]["aws_s3_bucket_notification"]
    assert made["Photos"]["bucket"] == "photos"
    told = yaml.safe_load(files["notifications/photos.json"])["QueueConfigurations"]
    assert [each["QueueArn"] for each in told] == ["arn:aws:sqs:us-east-1:ACCOUNT:noria-blur-faces"]
    assert told[0]["Filter"] == {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}
    assert any("left to you" in step and "photos" in step for step in PLATFORM.steps(given))


def test_no_secret_is_in_what_is_written_and_each_is_a_parameter_that_nobody_sees(tmp_path: Path) -> None:
    text = pipeline("copy", "inbox/in", "outbox/out", SMTP_PASSWORD="hunter-two")
    text = text.replace("      input:", "        Secrets:\n          API_KEY: hunter-three\n      input:")
    file = written(tmp_path, text)

    files = files_of(Target(read([file])))

    assert "hunter" not in "".join(files.values())
    template = yaml.safe_load(files["template.yaml"])
    assert {name: each["NoEcho"] for name, each in template["Parameters"].items()} == {
        "CopyApiKey": True,
        "CopySmtpPassword": True,
    }
    assert told_by_sam(files) == told_by_terraform(files)


def test_the_fdl_in_the_image_is_the_pipeline_that_was_deployed(masks: Target, tmp_path: Path) -> None:
    files = files_of(masks)
    file = written(tmp_path, files["image/fdl/mask-detection.yaml"])

    again = fdl.load(file)

    for service, was in zip(again.services, masks.services, strict=True):
        assert (service.name, service.inputs, service.outputs) == (was.name, was.inputs, was.outputs)
        assert service.environment == was.environment
    told = told_by_sam(files)["functions"]["<name>-blur-faces"]["environment"]
    assert told["NORIA_FDL"] == "/opt/noria/fdl/mask-detection.yaml"
    assert told["NORIA_SERVICE"] == "blur-faces"


@pytest.mark.parametrize("name", sorted(file.name for file in FDL.glob("*.yaml")))
def test_this_projects_own_pipelines_say_the_same_in_both_or_why_lambda_cannot_run_them(name: str) -> None:
    given = target(name)
    slow = [each for each in given.services if float(each.environment.get("NORIA_TIME_LIMIT", "300")) > 870]
    if slow:
        with pytest.raises(Rejected, match=f"{slow[0].name} may take .* AWS Lambda ends a function after 900"):
            files_of(given)
        return

    files = files_of(given)

    assert told_by_sam(files) == told_by_terraform(files)
    assert files == files_of(given), "the same text each time"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"NORIA_TIME_LIMIT": "901"}, "copy may take 901 s .NORIA_TIME_LIMIT., AWS Lambda ends a function after 900"),
        ({"memory": "11Gi"}, "copy wants 1 processors and 11264 MiB, AWS Lambda gives 10240 MB"),
        ({"source": "inbox/in*"}, r"copy: the folder inbox/in\* has \* in its name"),
    ],
    ids=["time", "memory", "wildcard"],
)
def test_what_lambda_cannot_do_is_one_sentence(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    source = changes.pop("source", "inbox/in")
    file = written(tmp_path, pipeline("copy", source, "outbox/out", **changes))

    with pytest.raises(Rejected, match=sentence):
        files_of(Target(read([file])))
