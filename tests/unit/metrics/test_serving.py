import asyncio

import pytest

from functions.runtime.configuration import Configuration
from functions.runtime.metrics.address import Address
from functions.runtime.metrics.serving import REQUEST_LIMIT, Server
from functions.runtime.settings import SettingsError

LOOPBACK = Address("127.0.0.1", 0)


def asked(request: bytes, address: Address = LOOPBACK) -> str:
    """Send bytes, and give what comes back."""

    async def text() -> str:
        return "a_total 1\n"

    async def converse() -> bytes:
        server = Server(address, text)
        async with await server.open():
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(request)
            try:
                return await reader.read()
            except ConnectionResetError:
                return b""
            finally:
                writer.close()

    return asyncio.run(converse()).decode()


def get(path: str, host: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


@pytest.mark.parametrize("host", ["127.0.0.1:9100", "localhost:9100", "127.0.0.1"])
def test_metrics_are_shown_to_whoever_names_this_machine(host: str) -> None:
    head, _, body = asked(get("/metrics", host)).partition("\r\n\r\n")

    assert head.startswith("HTTP/1.1 200 OK")
    assert "text/plain; version=0.0.4" in head
    assert body == "a_total 1\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/metrics", "evil.example:9100"), "421"),
        (get("/metrics", "127.0.0.1.evil.example"), "421"),
        (b"GET /metrics HTTP/1.1\r\n\r\n", "421"),
        (get("/secrets", "localhost"), "404"),
        (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"),
    ],
)
def test_nothing_else_is_answered(request_: bytes, status: str) -> None:
    assert asked(request_).split()[1] == status


@pytest.mark.parametrize("request_", [b"x" * (2 * REQUEST_LIMIT), b"\x00\xff\r\n\r\n"])
def test_what_is_no_request_of_http_is_dropped(request_: bytes) -> None:
    assert "200" not in asked(request_)


def test_an_address_that_others_can_reach_is_called_what_they_call_it() -> None:
    assert "200 OK" in asked(get("/metrics", "worker-7.example:9100"), Address("0.0.0.0", 0))


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:9100", Address("127.0.0.1", 9100)), ("[::1]:0", Address("::1", 0)), ("off", None), ("", None)],
)
def test_an_address_is_a_host_and_a_port(text: str, address: Address | None) -> None:
    assert Configuration.read({"NORIA_METRICS": text}).metrics_address == address


@pytest.mark.parametrize(
    "text", ["9100", "localhost", "localhost:port", "http://localhost:9100", "a@localhost:1", "of"]
)
def test_what_is_no_address_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(SettingsError, match=r"NORIA_METRICS has value .*give HOST:PORT, or off"):
        Configuration.read({"NORIA_METRICS": text})


def test_an_address_of_version_six_is_written_as_in_a_url() -> None:
    assert str(Address("::1", 9100)) == "[::1]:9100"
