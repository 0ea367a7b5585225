"""FDL as it may lie in an image or a ConfigMap."""

import pytest

import fdl
from local.platforms.secretless import secretless

OSCAR = """\
functions:
  oscar:
  - local:
      name: alert
      image: alert:1
      script: run.sh
      token: secret-one
      environment:
        variables: {GREETING: hello, API_TOKEN: secret-two}
        secrets: {WEBHOOK: secret-three}
      input: [{storage_provider: minio.default, path: alerts/in}]
      output: [{storage_provider: minio.default, path: alerts/out}]
      storage_providers: {minio: {default: {secret_key: secret-four}}}
storage_providers: {minio: {default: {access_key: secret-five, secret_key: secret-six}}}
clusters: {local: {endpoint: "https://c", auth_user: u, auth_password: secret-seven}}
"""
SCAR = """\
functions:
  aws:
  - lambda:
      name: alert
      container:
        image: alert:1
        environment: {Variables: {DB_PASSWORD: secret-one}}
      environment: {Variables: {GREETING: hello}, Secrets: {WEBHOOK: secret-two}}
      input: [{storage_provider: s3.default, path: alerts/in}]
storage_providers: {s3: {default: {secret_key: secret-three}}}
"""


@pytest.mark.parametrize(
    ("text", "names"), [(OSCAR, {"WEBHOOK", "API_TOKEN"}), (SCAR, {"WEBHOOK", "DB_PASSWORD"})], ids=["oscar", "scar"]
)
def test_secrets_keep_their_names_alone_and_everything_else_stays(text: str, names: set[str]) -> None:
    was, service = fdl.loads(text).services[0], fdl.loads(secretless(text)).services[0]

    assert "secret-" not in secretless(text)
    assert set(service.secrets) == names
    assert not any(value.get_secret_value() for value in service.secrets.values())
    assert service.environment == {"GREETING": "hello"}
    assert (service.name, service.inputs, service.outputs) == (was.name, was.inputs, was.outputs)


def test_a_script_can_lie_elsewhere() -> None:
    assert fdl.loads(secretless(OSCAR, scripts={"alert": "scripts/alert.sh"})).services[0].script == "scripts/alert.sh"
