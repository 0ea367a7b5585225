"""TLS to the store and to the broker, with a certificate authority of the test's own."""

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.broker import Broker, User
from local.certificates import Certificate
from local.connection import operator
from local.weed import Identity, Weed
from tests.authority import Authority
from tests.pipeline.noria import Noria
from tests.pipelines import pipeline

ADMIN = Identity.generate("somebody", ["Admin"])
USER = User("somebody", "secret-password")
GREETING = b'INFO {"server_id":"x","version":"2.11.0","max_payload":1048576,"auth_required":true}\r\n'


class MutualBroker(Broker):
    """A broker that wants to see its clients' certificates too."""

    def _write_config(self, ports: Mapping[str, int]) -> None:
        super()._write_config(ports)
        config = json.loads(self._config_file.read_text())
        config["tls"]["verify"] = True
        self._config_file.write_text(json.dumps(config))


@dataclass(frozen=True)
class Servers:
    """A store and a broker of somebody else's that speak nothing but TLS."""

    authority: Authority
    weed: Weed
    broker: Broker
    environ: dict[str, str]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder / "authority")
    shown = Certificate(*authority.issue("server"), authority.ca)
    weed = Weed(folder / "s3", [ADMIN], certificate=shown, dies_with_parent=True)
    broker = MutualBroker(folder / "nats", [USER], certificate=shown, dies_with_parent=True)
    ours = authority.issue("client")
    try:
        for service in (weed, broker):
            service.start()
        for service in (weed, broker):
            service.wait_until_ready()
        environ = {
            "NORIA_STORE_URL": weed.endpoint,
            "NORIA_STORE_CA": str(authority.ca),
            "NORIA_STORE_ACCESS_KEY": ADMIN.access_key,
            "NORIA_STORE_SECRET_KEY": ADMIN.secret_key,
            "NORIA_NATS_URL": broker.url,
            "NORIA_NATS_CA": str(authority.ca),
            "NORIA_NATS_CERT": str(ours[0]),
            "NORIA_NATS_KEY": str(ours[1]),
            "NORIA_NATS_USER": USER.name,
            "NORIA_NATS_PASSWORD": USER.password,
            "NORIA_RECONCILE": "0.5",
        }
        yield Servers(authority, weed, broker, environ)
    finally:
        broker.kill()
        weed.kill()


@pytest.fixture
def fdl(tmp_path: Path) -> Path:
    file = tmp_path / "copy.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out"))
    return file


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    file = tmp_path / "hello.txt"
    file.write_text(f"hello {tmp_path}")
    return file


def refused(noria: Noria, *arguments: str | Path) -> str:
    """What a command says that finds a server it must not believe: a sentence and exit code 4."""
    done: subprocess.CompletedProcess[str] = noria.run(*arguments)
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 4, said
    assert "Traceback" not in said
    return said


def test_a_pipeline_runs_on_a_store_and_a_broker_that_speak_nothing_but_tls(
    servers: Servers, fdl: Path, hello: Path, tmp_path: Path
) -> None:
    noria = Noria(tmp_path / ".noria", servers.environ)
    try:
        noria("up", "--detach", fdl)
        document = noria.json("put", hello, "inbox/in/", "--wait")
        noria("get", "outbox/out/hello.txt.copy", tmp_path / "got")
    finally:
        noria("down")

    assert servers.weed.endpoint.startswith("https://")
    assert servers.broker.url.startswith("tls://")
    assert [run["state"] for run in document["runs"]] == ["committed"]
    assert (tmp_path / "got").read_bytes() == hello.read_bytes()


def test_the_embedded_servers_speak_nothing_but_tls_when_they_have_a_certificate(
    fdl: Path, hello: Path, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "authority")
    cert, key = authority.issue("server")
    tls = {"NORIA_TLS_CERT": str(cert), "NORIA_TLS_KEY": str(key), "NORIA_TLS_CA": str(authority.ca)}
    noria = Noria(tmp_path / ".noria", tls)
    try:
        noria("up", "--detach", fdl)
        document = noria.json("put", hello, "inbox/in/", "--wait")
        given = operator({"NORIA_HOME": str(noria.home), **tls})
        plain = {"NORIA_HOME": str(noria.home), "NORIA_STORE_URL": given.store_url.replace("https", "http")}
        without = Noria(noria.home, {**plain, "NORIA_STORE_ACCESS_KEY": given.store_access_key})
        said = refused(without, "ls", "inbox")
        workers = (noria.home / "run").glob("worker-*.log")
        logs = "".join(log.read_text() for log in workers)
    finally:
        noria("down")

    assert (given.store_url[:8], given.nats_url[:6]) == ("https://", "tls://")
    assert [run["state"] for run in document["runs"]] == ["committed"]
    assert "the store did not serve inbox" in said
    assert "listening" in logs


def test_the_embedded_stores_publisher_announces_to_somebody_elses_encrypted_broker(
    servers: Servers, fdl: Path, hello: Path, tmp_path: Path
) -> None:
    environ = {name: value for name, value in servers.environ.items() if name.startswith("NORIA_NATS")}
    noria = Noria(tmp_path / ".noria", environ)
    try:
        noria("up", "--detach", fdl)
        document = noria.json("put", hello, "inbox/in/", "--wait", "--timeout", "50")  # reconcile comes after 60 s
        log = (noria.home / "run" / "publisher.log").read_text()
    finally:
        noria("down")

    assert [run["state"] for run in document["runs"]] == ["committed"]
    assert '"ready"' in log


@pytest.mark.parametrize(("command", "server"), [("up", "STORE"), ("up", "NATS"), ("put", "STORE")])
def test_a_server_that_another_authority_signed_is_not_believed(
    servers: Servers, fdl: Path, hello: Path, tmp_path: Path, server: str, command: str
) -> None:
    stranger = Authority(tmp_path / "stranger")
    noria = Noria(tmp_path / ".noria", {**servers.environ, f"NORIA_{server}_CA": str(stranger.ca)})
    lines: dict[str, list[str | Path]] = {"up": ["up", "--detach", fdl], "put": ["put", hello, "inbox/in/"]}

    said = refused(noria, *lines[command])

    assert "certificate" in said
    assert ADMIN.secret_key not in said
    assert USER.password not in said


@pytest.mark.parametrize("part", ["store", "broker"])
def test_a_certificate_for_another_host_is_not_believed(fdl: Path, tmp_path: Path, part: str) -> None:
    authority = Authority(tmp_path / "authority")
    shown = Certificate(*authority.issue("elsewhere", hosts=("elsewhere.example",)), authority.ca)
    service: Weed | Broker
    environ = {"NORIA_STORE_ACCESS_KEY": ADMIN.access_key, "NORIA_STORE_SECRET_KEY": ADMIN.secret_key}
    if part == "store":
        service = Weed(tmp_path / "s3", [ADMIN], certificate=shown, dies_with_parent=True)
        service.start()
        environ |= {"NORIA_STORE_URL": service.endpoint, "NORIA_STORE_CA": str(authority.ca)}
    else:
        service = Broker(tmp_path / "nats", [USER], certificate=shown, dies_with_parent=True)
        service.start()
        service.wait_until_ready()
        environ = {"NORIA_NATS_URL": service.url, "NORIA_NATS_CA": str(authority.ca)}
    noria = Noria(tmp_path / ".noria", environ)

    try:
        await_port(service.endpoint if isinstance(service, Weed) else service.url)
        said = refused(noria, "up", "--detach", fdl)
    finally:
        noria("down")
        service.kill()

    assert "127.0.0.1" in said
    assert ("certificate is not valid for" if part == "broker" else "doesn't match 'elsewhere.example'") in said


def await_port(url: str) -> None:
    host, _, port = url.rpartition("/")[2].partition(":")
    for _ in range(600):
        try:
            socket.create_connection((host, int(port)), timeout=30).close()
            return
        except ConnectionRefusedError:
            threading.Event().wait(0.1)
    raise AssertionError(f"nobody listens at {url}")


def test_a_broker_from_whose_greeting_tls_was_taken_out_is_told_nothing(fdl: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    heard = bytearray()

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                stream, _ = listener.accept()
            except OSError:  # the test is over
                return
            with stream, suppress(ConnectionResetError):
                stream.sendall(GREETING)
                while data := stream.recv(4096):
                    heard.extend(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = f"tls://127.0.0.1:{listener.getsockname()[1]}"
        environ = {"NORIA_NATS_URL": url, "NORIA_NATS_CA": str(authority.ca)}
        environ |= {"NORIA_NATS_USER": USER.name, "NORIA_NATS_PASSWORD": USER.password}
        noria = Noria(tmp_path / ".noria", environ)
        try:
            said = refused(noria, "up", "--detach", fdl)
        finally:
            noria("down")

    assert "the broker speaks no TLS" in said
    assert not heard


def test_a_plain_connection_to_the_encrypted_store_and_an_old_tls_are_refused(servers: Servers) -> None:
    host, _, port = servers.weed.endpoint.removeprefix("https://").partition(":")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(servers.authority.ca)
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1

    with socket.create_connection((host, int(port)), timeout=30) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = stream.recv(200)
    with (
        socket.create_connection((host, int(port)), timeout=30) as stream,
        pytest.raises((ssl.SSLError, ConnectionResetError)),
    ):
        old.wrap_socket(stream, server_hostname=host)

    assert answer.startswith(b"HTTP/1.0 400")


def test_doctor_warns_of_a_certificate_that_ends_soon_and_finds_an_expired_one(fdl: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    soon = Certificate(*authority.issue("soon", days=10), authority.ca)
    expired = Certificate(*authority.issue("expired", days=-0.5), authority.ca)
    weed = Weed(tmp_path / "s3", [ADMIN], certificate=soon, dies_with_parent=True)
    broker = Broker(tmp_path / "nats", [USER], certificate=expired, dies_with_parent=True)
    environ = {"NORIA_STORE_CA": str(authority.ca), "NORIA_NATS_CA": str(authority.ca)}
    environ |= {"NORIA_STORE_ACCESS_KEY": ADMIN.access_key, "NORIA_STORE_SECRET_KEY": ADMIN.secret_key}
    try:
        for service in (weed, broker):
            service.start()
        for service in (weed, broker):
            service.wait_until_ready()
        environ |= {"NORIA_STORE_URL": weed.endpoint, "NORIA_NATS_URL": broker.url}
        found = {each["what"]: each for each in Noria(tmp_path / ".noria", environ).json("doctor", fdl, code=5)}
    finally:
        broker.kill()
        weed.kill()

    store, expired_one = found["store's certificate"], found["broker's certificate"]
    assert (store["verdict"], store["detail"]) == ("warning", "ends in 9 days")
    assert (expired_one["verdict"], expired_one["detail"]) == ("wrong", "certificate has expired")


def test_doctor_is_content_with_a_good_certificate(servers: Servers, fdl: Path, tmp_path: Path) -> None:
    found = Noria(tmp_path / ".noria", servers.environ).run("doctor", fdl, "--json").stdout

    verdicts = {each["what"]: each["verdict"] for each in json.loads(found)}
    assert (verdicts["store's certificate"], verdicts["broker's certificate"]) == ("ok", "ok")


def test_doctor_calls_it_unsafe_to_speak_in_plain_text_to_another_machine(fdl: Path, tmp_path: Path) -> None:
    environ = {"NORIA_STORE_URL": "http://store.invalid:9000", "NORIA_NATS_URL": "nats://broker.invalid"}

    found = Noria(tmp_path / ".noria", environ).json("doctor", fdl, code=5)

    unsafe = [(each["what"], each["detail"]) for each in found if each["verdict"] == "unsafe"]
    assert unsafe == [
        ("store", "http://store.invalid:9000 is not encrypted"),
        ("broker", "nats://broker.invalid is not encrypted"),
    ]


WRONG = {
    "NORIA_STORE_CA=/nowhere.pem": "NORIA_STORE_CA has value '/nowhere.pem': path does not point to a file",
    "NORIA_NATS_CA={text}": "the file holds no certificate in PEM form",
    "NORIA_TLS_CERT={cert}": "NORIA_TLS_CERT and NORIA_TLS_KEY and NORIA_TLS_CA belong together",
    "NORIA_NATS_CERT={cert}": "NORIA_NATS_CERT and NORIA_NATS_KEY belong together",
    "NORIA_STORE_CA={cert} NORIA_STORE_URL=http://127.0.0.1:9": "http://127.0.0.1:9 is not encrypted",
}


@pytest.mark.parametrize("settings", WRONG)
def test_a_setting_of_tls_that_cannot_be_is_one_sentence(tmp_path: Path, settings: str) -> None:
    cert, _ = Authority(tmp_path / "authority").issue("server")
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    environ = dict(each.split("=") for each in settings.format(cert=cert, text=text).split())

    done = Noria(tmp_path / ".noria", environ).run("ls")

    assert (done.returncode, done.stdout) == (3, "")
    assert WRONG[settings] in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
