"""What is wrong with pipelines that can be read."""

from pathlib import Path

import pytest

import fdl

PIPELINE = Path(fdl.__file__).parent / "mask-detection.yaml"


def pipeline(*services: tuple[str, str, str], source: str = "pipe.yaml", extra: str = "") -> fdl.Pipeline:
    """One file of services, each with a name, an input and an output."""
    entries = "".join(
        f"  - edge: {{name: {name}, image: i, script: s, input: [{{storage_provider: minio, path: {reads}}}], "
        f"output: [{{storage_provider: minio, path: {writes}}}]}}\n"
        for name, reads, writes in services
    )
    return fdl.loads(f"functions:\n  oscar:\n{entries}{extra}", source=source)


def found(*pipelines: fdl.Pipeline, level: str = "error") -> list[str]:
    return [problem.sentence for problem in fdl.check(pipelines) if problem.level == level]


def test_the_project_s_pipeline_has_nothing_wrong_with_it() -> None:
    assert fdl.check([fdl.load(PIPELINE)]) == ()


def test_a_service_that_writes_where_it_reads_never_ends() -> None:
    assert found(pipeline(("a", "photos/in", "photos/in"))) == ["a -> a never ends: photos/in is written and watched"]


@pytest.mark.parametrize(("reads", "writes"), [("photos/in", "photos/in/out"), ("photos/in/raw", "photos/in")])
def test_a_folder_inside_the_other_is_a_loop_too(reads: str, writes: str) -> None:
    (sentence,) = found(pipeline(("a", reads, writes)))

    assert sentence.startswith("a -> a never ends")


def test_a_loop_over_several_files_is_found_once() -> None:
    one = pipeline(("a", "one/x", "two/x"), source="one.yaml")
    other = pipeline(("b", "two/x", "three/x"), ("c", "three/x", "one/x/y"), source="other.yaml")

    (problem,) = [each for each in fdl.check([one, other]) if each.level == "error"]

    assert problem.where == "one.yaml:3 a"
    assert problem.sentence == "a -> b -> c -> a never ends: one/x/y is written and watched"


def test_a_loop_that_a_service_says_it_means_is_none_and_any_other_of_its_outputs_still_makes_one() -> None:
    def looped(meant: str) -> fdl.Pipeline:
        return fdl.loads(
            "functions:\n  oscar:\n"
            "  - edge: {name: a, image: i, script: s, input: [{storage_provider: minio, path: ones/in}], "
            "output: [{storage_provider: minio, path: twos/in}]}\n"
            "  - edge: {name: b, image: i, script: s, input: [{storage_provider: minio, path: twos/in}], "
            f"environment: {{Variables: {{NORIA_FEEDBACK: '{meant}'}}}}, "
            "output: [{storage_provider: minio, path: ones/in}, {storage_provider: minio, path: twos/in/again}]}\n"
        )

    assert found(looped("ones/in, twos/in/again")) == []
    assert found(looped("ones/in/")) == ["b -> b never ends: twos/in/again is written and watched"]


def test_a_chain_that_leads_into_a_loop_is_not_part_of_it() -> None:
    pipelines = pipeline(("start", "zero/x", "one/x"), ("a", "one/x", "two/x"), ("b", "two/x", "one/x"))

    assert found(pipelines) == ["a -> b -> a never ends: one/x is written and watched"]


def test_a_chain_and_a_fan_out_are_as_they_should_be() -> None:
    assert fdl.check([pipeline(("a", "one/x", "two/x"), ("b", "two/x", "three/x"), ("c", "two/x", "four/x"))]) == ()


def test_results_of_two_services_in_one_folder_are_worth_a_warning() -> None:
    (sentence,) = found(pipeline(("a", "one/x", "out/x")), pipeline(("b", "two/x", "out/x/y")), level="warning")

    assert sentence == "it writes to out/x/y, and pipe.yaml:3 a to out/x"


def test_a_watched_folder_in_a_watched_folder_is_worth_a_warning() -> None:
    (sentence,) = found(pipeline(("a", "one/x", "out/a"), ("b", "one/x/y", "out/b")), level="warning")

    assert sentence == "it watches one/x/y, and pipe.yaml:3 a watches one/x"


def test_two_inputs_of_a_service_must_not_overlap() -> None:
    text = (
        "functions: {oscar: [edge: {name: a, image: i, script: s, input: "
        "[{storage_provider: minio, path: one/x}, {storage_provider: minio, path: one/x/y}]}]}"
    )

    assert found(fdl.loads(text)) == ["the inputs one/x and one/x/y overlap"]


def test_an_input_needs_a_folder_and_an_output_should_have_one() -> None:
    checked = fdl.check([pipeline(("a", "photos", "results"))])

    assert [(each.level, each.sentence) for each in checked] == [
        ("error", "the input photos has no folder"),
        ("warning", "the output results has no folder"),
    ]
    assert checked[0].hint.startswith("write photos/<folder>: OSCAR takes a path without a folder for a/photos")


@pytest.mark.parametrize(
    "bucket",
    [
        "ab",
        "a" * 64,
        "Photos",
        "my_photos",
        "-photos",
        "photos-",
        "a..b",
        "192.168.0.1",
        "xn--photos",
        "photos-s3alias",
    ],
)
def test_a_bucket_that_s3_would_not_create_is_an_error(bucket: str) -> None:
    assert found(pipeline(("a", f"{bucket}/in", "results/out"))) == [f"{bucket} is not a name that a bucket can have"]


@pytest.mark.parametrize("bucket", ["abc", "a" * 63, "my-photos", "my.photos", "1photos", "192.168.0"])
def test_a_bucket_that_s3_would_create_is_not(bucket: str) -> None:
    assert found(pipeline(("a", f"{bucket}/in", "results/out"))) == []


@pytest.mark.parametrize("name", ["Blur", "blur_faces", "-blur", "blur-", "b" * 40])
def test_a_name_that_oscar_would_not_take_is_an_error(name: str) -> None:
    assert found(pipeline((name, "one/x", "two/x"))) == [f"{name} is not a name it can have"]


def test_a_name_twice_is_an_error_wherever_it_stands() -> None:
    one = pipeline(("a", "one/x", "two/x"), source="one.yaml")
    other = pipeline(("a", "three/x", "four/x"), source="other.yaml")

    (problem,) = fdl.check([one, other])

    assert (problem.level, problem.where) == ("error", "other.yaml:3 a")
    assert problem.sentence == "a is also the name of the service at one.yaml:3 a"


def test_a_replica_on_another_cluster_is_worth_a_warning() -> None:
    copy = "{name: a, image: i, script: s}"
    text = f"functions: {{oscar: [edge: {copy}, cloud: {copy}]}}"

    assert found(fdl.loads(text), level="warning") == ["a is also the name of the service at this text:1 a"]


def test_a_store_that_is_named_must_be_defined() -> None:
    text = (
        "functions: {oscar: [edge: {name: a, image: i, script: s, output: ["
        "{storage_provider: s3.mine, path: one/x}, {storage_provider: minio.edge, path: two/x}]}]}"
    )

    assert found(fdl.loads(text)) == ["the storage provider s3.mine is not defined"]
    assert found(fdl.loads(text + "\nstorage_providers: {s3: {mine: {region: eu-west-1}}}")) == []


def test_secrets_in_a_file_are_named_and_not_shown() -> None:
    text = (
        "functions: {oscar: [edge: {name: a, image: i, script: s, environment: "
        "{variables: {API_KEY: hunter2, SIZE: 1}, secrets: {PASS: hunter2}}}]}\n"
        "storage_providers: {minio: {default: {endpoint: e, access_key: hunter2, secret_key: hunter2}}}\n"
        "clusters: {edge: {auth_password: hunter2}}"
    )

    problems = fdl.check([fdl.loads(text)])

    assert [each.sentence.removesuffix(" is written in the file") for each in problems] == [
        "storage_providers.minio.default.access_key",
        "storage_providers.minio.default.secret_key",
        "clusters.edge.auth_password",
        "environment.secrets.PASS",
        "environment.variables.API_KEY",
    ]
    assert "hunter2" not in repr(problems)


def test_what_oscar_cannot_watch_is_said() -> None:
    text = (
        "functions: {oscar: [edge: {name: a, image: i, input: ["
        "{storage_provider: s3, path: one/x, suffix: [.jpg]}, {storage_provider: webdav.dcache, path: two/x}]}]}\n"
        "storage_providers: {webdav: {dcache: {hostname: h}}}"
    )
    read = fdl.loads(text)

    assert found(read) == ["OSCAR takes no input from s3.default"]
    assert found(read, level="warning") == [
        "nothing here watches webdav.dcache",
        "the input one/x is not filtered by its suffix or prefix",
        "a has no script",
    ]


def test_every_bucket_is_named_once() -> None:
    one = fdl.load(PIPELINE)
    other = pipeline(("a", "photos/in", "thumbs/out"))

    assert fdl.buckets([one, other]) == ("photos", "photos-blurred", "photos-failed", "photos-masks", "thumbs")
    assert fdl.missing_buckets([one, other], {"photos", "photos-failed", "thumbs"}) == (
        "photos-blurred",
        "photos-masks",
    )


def test_many_services_are_checked_within_seconds() -> None:
    many = pipeline(*((f"s{number}", f"in-{number}/x", f"in-{number + 1}/x") for number in range(300)))

    assert found(many) == []
