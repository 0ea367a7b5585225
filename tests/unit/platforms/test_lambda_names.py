"""Names that AWS does not take as they are, or not at all."""

import json
import re
import tomllib
from pathlib import Path

import pytest

import fdl
from functions.runtime.errors import Rejected
from local.platforms.target import Target, read
from tests.pipelines import pipeline, pipelines
from tests.unit.platforms.lambda_stack import files_of, target, told_by_sam, told_by_terraform


def written(folder: Path, text: str, name: str = "pipeline.yaml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_a_folder_is_filtered_by_as_s3_wants_it_written(tmp_path: Path) -> None:
    file = written(tmp_path, pipelines({"one": ("inbox/in dir", "first/out"), "two": ("inbox/für+alle", "second/out")}))

    files = files_of(Target(read([file]), existing=frozenset({"first"})))

    told = told_by_sam(files)
    assert told["buckets"]["inbox"] == ["f%C3%BCr%2Balle/", "in+dir/"]
    assert told == told_by_terraform(files)
    assert "arn:<partition>:s3:::inbox/in dir/*" in told["functions"]["<name>-one"]["may"][0]["Resource"]


def test_a_topic_has_a_name_that_sns_takes_and_no_two_have_the_same(tmp_path: Path) -> None:
    flows = {
        "one": ("a-b.v1/in dir", "first/out"),
        "two": ("a-b.v1/in dir", "second/out"),
        "three": ("a-b.v1/in-dir", "third/out"),
        "four": ("a-b.v1/in-dir", "fourth/out"),
    }

    files = files_of(Target(read([written(tmp_path, pipelines(flows))])))

    topics = told_by_sam(files)["topics"]
    assert len(set(topics)) == 2
    assert all(re.fullmatch(r"<name>-[A-Za-z0-9_-]{1,180}", topic) for topic in topics)
    assert told_by_sam(files) == told_by_terraform(files)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("AWS_SECRET_ACCESS_KEY", "is a variable that AWS Lambda sets itself"),
        ("AWS_LAMBDA_TOKEN", "is a variable that AWS Lambda sets itself"),
        ("my-tok.en", "is not a name that a variable of AWS Lambda can have"),
    ],
)
def test_a_secret_whose_name_lambda_keeps_for_itself_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    text = pipeline("copy", "inbox/in", "outbox/out").replace(
        "      input:", f"        Secrets:\n          {name}: ''\n      input:"
    )

    with pytest.raises(Rejected, match=sentence):
        files_of(Target(read([written(tmp_path, text)])))


def test_a_file_whose_name_terraform_would_read_as_a_reference_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, pipeline("copy", "inbox/in", "outbox/out"), "a${b}.yaml")

    with pytest.raises(Rejected, match="in its name, which Terraform reads otherwise"):
        files_of(Target(read([file])))


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_a_queue_lies_in_the_part_of_aws_that_its_region_is_in(region: str, partition: str) -> None:
    files = files_of(target("mask-detection.yaml", existing=frozenset({"photos"}), store_region=region))

    (told,) = json.loads(files["notifications/photos.json"])["QueueConfigurations"]
    assert told["QueueArn"].startswith(f"arn:{partition}:sqs:{region}:")


def test_an_image_s_name_is_one_word_of_the_script_and_docker_pushes_what_lambda_takes(tmp_path: Path) -> None:
    text = pipeline("copy", "inbox/in", "outbox/out").replace("localhost/copy:1", "'copy:1; echo'")

    script = files_of(Target(read([written(tmp_path, text)])))["images.sh"]

    assert "--build-arg IMAGE='copy:1; echo' " in script
    assert "BUILDX_NO_DEFAULT_ATTESTATIONS=1" in script
    assert "--platform linux/amd64" in script


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"namespace": 'no"ria'}, "is not a name that a stack can have"),
        ({"store_region": "Ireland"}, "'Ireland' is not a region of AWS"),
    ],
    ids=["stack", "region"],
)
def test_names_that_aws_would_not_take_are_refused_here(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        files_of(target("mask-detection.yaml", **given))


def test_sam_is_told_which_stack_and_where() -> None:
    files = files_of(target("mask-detection.yaml", namespace="masks", store_region="eu-west-1"))

    told = tomllib.loads(files["samconfig.toml"])["default"]["deploy"]["parameters"]
    assert (told["stack_name"], told["region"], told["capabilities"]) == ("masks", "eu-west-1", "CAPABILITY_IAM")
    variables = json.loads(files["terraform/main.tf.json"])["variable"]
    assert (variables["name"]["default"], variables["region"]["default"]) == ("masks", "eu-west-1")


def test_lambda_is_told_of_no_objects_outside_s3() -> None:
    given = target("mask-detection.yaml", store_url="http://minio:9000")

    with pytest.raises(Rejected, match="not of those in http://minio:9000"):
        files_of(given)


def test_a_bucket_that_nobody_uses_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(Rejected, match=r"no service reads or writes a bucket photo.*photos"):
        files_of(target("mask-detection.yaml", existing=frozenset({"photo"})))


def test_buckets_that_would_have_one_name_in_a_template_are_named_both(tmp_path: Path) -> None:
    file = written(tmp_path, pipelines({"one": ("in-box/in", "first/out"), "two": ("in.box/in", "second/out")}))

    with pytest.raises(Rejected, match=r"in-box and in\.box have one name in a template: InBox"):
        files_of(Target(read([file])))


def test_pipelines_whose_files_have_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one = written(tmp_path, pipeline("one", "inbox/in", "first/out"))
    two = written(tmp_path / "other", pipeline("two", "inbox/other", "second/out"))

    with pytest.raises(Rejected, match=r"two pipelines' files are called pipeline\.yaml"):
        files_of(Target(read([one, two])))


def test_the_script_of_a_service_that_runs_one_comes_with_the_image(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("echo hello\n")
    file = written(tmp_path, pipeline("own", "inbox/in", "outbox/out", function="run-script"))

    files = files_of(Target(read([file])))

    assert files["image/fdl/scripts/own.sh"] == "echo hello\n"
    assert fdl.loads(files["image/fdl/pipeline.yaml"]).services[0].script == "scripts/own.sh"


SCAR = """\
functions:
  aws:
  - lambda:
      name: scar-copy
      memory: 1024
      timeout: {}
      region: eu-west-1
      container: {{image: localhost:5001/copy:1}}
      input: [{{storage_provider: s3.default, path: inbox/in}}]
      output: [{{storage_provider: s3.default, path: outbox/out}}]
"""


def test_a_function_of_scar_s_keeps_its_memory_and_its_timeout(tmp_path: Path) -> None:
    files = files_of(Target(read([written(tmp_path, SCAR.format(120))])))

    function = told_by_sam(files)["functions"]["<name>-scar-copy"]
    assert (function["memory"], function["timeout"]) == (1024, 120)
    assert told_by_sam(files) == told_by_terraform(files)
    with pytest.raises(Rejected, match=r"scar-copy may take 901 s \(timeout\)"):
        files_of(Target(read([written(tmp_path, SCAR.format(901))])))


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("inbox/in", "copy watches s3.mine, AWS Lambda has its account's S3 alone"),
        ("outbox/out", "copy writes to s3.mine, AWS Lambda has its account's S3 alone"),
    ],
)
def test_folders_of_other_stores_are_not_taken_for_folders_of_this_one(
    tmp_path: Path, path: str, sentence: str
) -> None:
    before = f"minio.default\n        path: {path}\n"
    text = pipeline("copy", "inbox/in", "outbox/out").replace(before, before.replace("minio.default", "s3.mine"))
    text += "storage_providers: {s3: {mine: {region: eu-west-1}}}\n"
    given = Target((fdl.load(written(tmp_path, text)),))

    with pytest.raises(Rejected, match=sentence):
        files_of(given)
