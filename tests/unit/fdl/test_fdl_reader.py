"""FDL files: what OSCAR's and SCAR's fields become, and what a file that is wrong is told."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import fdl

PIPELINE = Path(fdl.__file__).parent / "mask-detection.yaml"

SERVICE = """
functions:
  oscar:
  - edge:
      name: resize
      image: example/resize:1
"""

LAMBDA = """
functions:
  aws:
  - lambda:
      name: resize
      init_script: run.sh
      memory: 1769
      environment:
        Variables: {WHERE: lambda, ONLY: lambda}
      container:
        image: example/resize:1
        environment:
          Variables: {WHERE: container}
      input:
      - {storage_provider: s3, path: photos/in}
      output:
      - {storage_provider: s3.mine, path: photos/out/small, prefix: [small-]}
    batch:
      vcpus: 4
      memory: 2048
"""


def service(*lines: str) -> fdl.Service:
    return fdl.loads(SERVICE + "".join(f"      {line}\n" for line in lines)).services[0]


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(fdl.FdlError) as refused:
        fdl.loads(text, source="pipe.yaml")
    return refused.value.problems


def test_the_project_s_pipeline_is_a_chain_of_two() -> None:
    blur, detect = fdl.load(PIPELINE).services

    assert (blur.name, blur.cluster, blur.platform, blur.image) == (
        "blur-faces",
        "local",
        "oscar",
        "localhost:5001/blur-faces:0.1.0",
    )
    assert (blur.cpu, blur.memory, blur.script) == (1.0, 1536 * 2**20, "../images/blur_faces/run.sh")
    assert [path.path for path in blur.inputs] == ["photos/in"]
    assert [(path.path, path.suffixes) for path in blur.outputs] == [
        ("photos-blurred/out", (".blurred.png", ".blurred.mp4")),
        ("photos-blurred/faces", (".faces.json",)),
        ("photos-failed/blur-faces", (".failure.json",)),
    ]
    assert blur.outputs[0].overlaps(detect.inputs[0])
    assert [(path.path, path.suffixes) for path in detect.outputs] == [
        ("photos-masks/out", (".masks.png", ".masks.mp4", ".masks.json")),
        ("photos-failed/mask-detect", (".failure.json",)),
    ]


def test_a_service_that_says_little_has_oscar_s_defaults() -> None:
    read = service()

    assert (read.cpu, read.memory, read.log_level, read.script) == (0.2, 256 * 2**20, "INFO", "")
    assert read.oscar is not None
    assert (read.oscar.visibility, read.oscar.isolation_level, read.aws) == ("private", "SERVICE", None)


def test_a_provider_without_a_name_is_the_default_one() -> None:
    read = service("input:", "- {storage_provider: MinIO, path: ' /photos/in/ '}")

    assert read.inputs == (fdl.StoragePath(provider="minio.default", bucket="photos", prefix="in"),)


@pytest.mark.parametrize("name", ["variables", "Variables"])
def test_an_environment_variable_is_the_text_that_was_written(name: str) -> None:
    values = "{A: 1, B: false, C: 1.10, D: 0x10, E: yes, F: 2020-01-01, G: 'x', H: , I: ~}"

    read = service("environment:", f"  {name}: {values}")

    told = {"A": "1", "B": "false", "C": "1.10", "D": "0x10", "E": "yes", "F": "2020-01-01", "G": "x", "H": "", "I": ""}
    assert read.environment == told


def test_a_secret_is_not_shown() -> None:
    read = service("environment:", "  secrets: {KEY: hunter2}")

    assert read.secrets["KEY"].get_secret_value() == "hunter2"
    assert "hunter2" not in repr(read)


def test_every_field_that_oscar_documents_is_known() -> None:
    read = service(
        "cluster_id: edge",
        "vo: vo.example.eu",
        "allowed_users: [a@egi.eu]",
        "alpine: true",
        "script: run.sh",
        "file_stage_in: yes",
        "image_pull_secrets: [registry]",
        "enable_gpu: True",
        "enable_sgx: false",
        "image_prefetch: true",
        "total_memory: 4Gi",
        "total_cpu: '2'",
        "ephemeral_storage_request: 1Gi",
        "delegation: load-based",
        "rescheduler_threshold: 30",
        "replicas: [{type: endpoint, url: https://e, headers: {A: b}, priority: 1, ssl_verify: false}]",
        "synchronous: {min_scale: 1, max_scale: 4}",
        "expose: {min_scale: 1, max_scale: 2, port: 80, api_port: [80, 81], cpu_threshold: 90, nodePort: 30500,",
        "  set_auth: true, auth_type: forward, rewrite_target: true, default_command: true, health_path: /, "
        "probe_mode: direct}",
        "federation: {group_id: g, topology: mesh, delegation: topsis, rescheduler_threshold: 5, members: []}",
        "log_level: critical\t\t",
        "annotations: {a/b: c}",
        "labels: {queue: 1}",
        "interlink_node_name: node",
        "isolation_level: user",
        "visibility: restricted",
        "bucket_list: [one]",
        "mount: {storage_provider: minio, path: models/v1, options: --read-only}",
        "volume: {name: v, size: 1Gi, mount_path: /data, lifecycle_policy: retain}",
        "kserve: {type: inference, storage_uri: 'oci://x', inference: {model_format: onnx, runtime: r},",
        "  api_version: v2, min_scale: 1, cpu: '1', memory: 2Gi, args: [-v], env: {A: b}, enable_gpu: true}",
        "storage_providers: {minio: {other: {endpoint: https://m, access_key: a, secret_key: b}}}",
        "clusters: {other: {endpoint: https://o, auth_user: u, auth_password: p, ssl_verify: false}}",
    ).oscar

    assert read is not None
    assert read.expose is not None
    assert (read.log_level, read.isolation_level) == ("CRITICAL", "USER")
    assert (read.expose.port, read.expose.api_port, read.expose.node_port) == ((80,), (80, 81), (30500,))
    assert (read.file_stage_in, read.synchronous.max_scale, read.labels) == (True, 4, {"queue": "1"})


def test_the_stores_of_a_file_are_read_and_their_keys_kept() -> None:
    text = (
        SERVICE
        + """
storage_providers:
  minio: {default: {endpoint: 'https://m', verify: False, region: eu, access_key: alice, secret_key: s3cret}}
  s3: {mine: {access_key: a, secret_key: b, region: us-east-1}}
  onedata: {one: {oneprovider_host: h, token: t, space: s}}
  webdav: {dcache: {hostname: h, login: l, password: p}}
  rucio: {rucio: {host: h, auth_host: a, account: c, rse: r, refresh_token: t, oidc_audience: o, token_endpoint: e}}
clusters:
  other: {endpoint: , auth_user: u, auth_password: s3cret, ssl_verify: true, memory: 256Mi}
"""
    )

    pipeline = fdl.loads(text)

    minio = pipeline.storage_providers.minio["default"]
    assert (minio.endpoint, minio.verify, minio.secret_key.get_secret_value()) == ("https://m", False, "s3cret")
    assert pipeline.storage_providers.names() == {
        "minio.default",
        "s3.mine",
        "onedata.one",
        "webdav.dcache",
        "rucio.rucio",
    }
    assert pipeline.clusters["other"].endpoint == ""
    assert "s3cret" not in repr(pipeline)


def test_a_scar_function_is_a_service_on_aws() -> None:
    (read,) = fdl.loads(LAMBDA).services

    assert (read.name, read.platform, read.cluster, read.image, read.script) == (
        "resize",
        "aws",
        "us-east-1",
        "example/resize:1",
        "run.sh",
    )
    assert (read.memory, read.cpu) == (1769 * 2**20, 1.0)
    assert read.environment == {"WHERE": "container", "ONLY": "lambda"}
    assert read.inputs[0].provider == "s3.default"
    assert (read.outputs[0].path, read.outputs[0].prefixes) == ("photos/out/small", ("small-",))


def test_a_scar_function_that_runs_as_a_batch_job_has_the_job_s_size() -> None:
    (read,) = fdl.loads(LAMBDA.replace("memory: 1769", "execution_mode: batch")).services

    assert (read.cpu, read.memory) == (4, 2048 * 2**20)


def test_all_problems_of_a_file_are_told_at_once_with_their_lines() -> None:
    found = problems(
        SERVICE
        + """      memroy: 1Gi
      cpu: lots
      input:
      - {storage_provider: mino, path: photos/in}
      - {storage_provder: minio, path: ' / '}
      expose: {api_prt: 7}
storage_provider: {}
"""
    )

    kinds = "minio, s3, onedata, webdav, rucio; did you mean minio?"
    assert found == (
        "line 7: memroy is not a field of an OSCAR service; did you mean memory?",
        "line 8: cpu has value 'lots': not an amount such as 500m, 1.5, 256Mi or 1Gi",
        f"line 10: input.0.storage_provider has value 'mino': not a storage provider of kind {kinds}",
        "line 11: input.1 has no storage_provider",
        "line 11: input.1.path has value ' / ': a path names a bucket and a folder",
        "line 11: storage_provder is not a field of input of an OSCAR service; did you mean storage_provider?",
        "line 12: api_prt is not a field of expose of an OSCAR service; did you mean api_port?",
        "line 13: storage_provider is not a field of FDL; did you mean storage_providers?",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("hello", "is not a mapping with functions in it"),
        ("functions:\n", "functions is empty"),
        ("functions: {}", "there is no function in functions"),
        ("funtions: {}", "has no functions; did you mean funtions?"),
        ("functions: {oscarr: []}", "oscarr is not a platform; did you mean oscar?"),
        ("functions: {oscar: {a: b}}", "functions.oscar is not a list of functions"),
        ("functions: {oscar: [resize]}", "an entry of functions.oscar is a cluster's name with a service below it"),
        ("functions: {oscar: [edge: {}]}", "an OSCAR service has no name"),
        ("functions: {aws: [{}]}", "a SCAR function has no lambda"),
        (
            "functions: {aws: [{lambda: {name: a}, batchh: {}}]}",
            "batchh is not a field of a SCAR function; did you mean",
        ),
        ("apiVersion: v1\nkind: Secret\n", "is a Kubernetes Secret, not FDL"),
        ("functions: [{name: a}]", "functions is a list, as in an older format of SCAR"),
        ("a: b\n---\nc: d\n", "line 2: a second document begins here"),
        ("functions:\n\toscar: []\n", r"line 2: found character '\\t' that cannot start any token"),
        ("functions:\n  oscar: []\n  oscar: []\n", "line 3: oscar is written twice, first on line 2"),
        ("functions: !!python/object/apply:os.system ['ls']", "line 1: the tag .*os.system is not read"),
        ("functions: {<<: {a: b}}", "merge keys"),
        ("functions: {[a]: b}", "a name must be text"),
        ("functions: \x00", "special characters are not allowed"),
        (SERVICE + "      vo: [vo of the cluster]\n", "line 7: vo is a list, not text; was it a placeholder"),
        (SERVICE + "      environment: {variables: {A: b}, Variables: {C: d}}\n", "has both variables and Variables"),
        (SERVICE + "      log_level: LOUD\n", "log_level has value 'LOUD': input should be 'NOTSET', 'DEBUG'"),
        (SERVICE + "      output: [{storage_provider: minio, path: a/b, suffix: wav}]\n", "suffix is text, not a list"),
    ],
)
def test_a_file_that_is_not_fdl_is_told_why(text: str, said: str) -> None:
    with pytest.raises(fdl.FdlError, match=said) as refused:
        fdl.loads(text, source="pipe.yaml")

    assert refused.value.message.startswith("pipe.yaml: ")


def test_a_tab_gets_a_hint() -> None:
    with pytest.raises(fdl.FdlError) as refused:
        fdl.loads("functions:\n\toscar: []\n")

    assert refused.value.hint == "indent with spaces: YAML has no tabs there"


def test_no_message_tells_a_secret() -> None:
    said = problems(
        SERVICE
        + """      environment: {secrets: {KEY: [hunter2]}}
storage_providers: {minio: {default: {acess_key: hunter2, secret_key: {x: hunter2}}}}
clusters: {other: {auth_password: [hunter2], authuser: hunter2}}
"""
    )

    assert len(said) == 5
    assert "hunter2" not in " ".join(said)


def test_a_file_that_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(fdl.FdlError, match=r"none\.yaml: cannot be opened: no such file or directory"):
        fdl.load(tmp_path / "none.yaml")
    with pytest.raises(fdl.FdlError, match="cannot be opened: is a directory"):
        fdl.load(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pipe.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(fdl.FdlError, match="is not UTF-8 text"):
        fdl.load(tmp_path / "pipe.yaml")


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    text = SERVICE.lstrip() + "      log_level: DEBUG\t\t\n      vo: x\n"
    (tmp_path / "pipe.yaml").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    (read,) = fdl.load(tmp_path / "pipe.yaml").services

    assert read.log_level == "DEBUG"


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        "functions: &a [*a]\n",
        "functions: &a {oscar: *a}\n",
        "[" * 200_000,
        "- " * 100_000,
        " \t" * 120_000 + "x",
        "x" * 300_000,
        "functions:\n" + "".join(f"  name{number}: 1\n" for number in range(15_000)),
        SERVICE + "".join(f"      memroy{number}: 1\n" for number in range(9_000)),
    ],
    ids=["laughs", "self", "self-map", "brackets", "dashes", "tabs", "large", "wide", "unknown"],
)
def test_hostile_yaml_is_refused_within_seconds(text: str) -> None:
    with pytest.raises(fdl.FdlError):
        fdl.loads(text)


WORDS = st.sampled_from(
    [*"-:[]{}&*!|>'#?~\n\t", "<<", "functions", "oscar", "aws", "lambda", "edge", "name", "image", "input"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS | st.text(max_size=5), max_size=40).map(" ".join) | st.text(max_size=200))
@example("functions: {oscar: [{a: {name: b, image: c, input: [{}]}}]}")
def test_any_text_is_a_pipeline_or_an_fdl_error(text: str) -> None:
    try:
        pipeline = fdl.loads(text)
    except fdl.FdlError as refused:
        problems = refused.problems
    else:
        problems = tuple(service.name for service in pipeline.services)

    assert problems
