import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.ports import HOST, free_port, is_free, known_ports, remembered_ports
from local.process import ServiceError


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as stranger:
        stranger.bind((HOST, free_port()))
        stranger.listen()
        yield stranger.getsockname()[1]


def test_ports_are_remembered(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"

    first = remembered_ports(file, ["a", "b"])

    assert len(set(first.values())) == 2
    assert remembered_ports(file, ["a", "b"]) == first == known_ports(file)


def test_a_port_that_a_stranger_took_is_chosen_again_and_the_others_stay(tmp_path: Path, taken: int) -> None:
    file = tmp_path / "ports.json"
    other = free_port()
    file.write_text(json.dumps({"a": taken, "b": other}))

    ports = remembered_ports(file, ["a", "b"])

    assert ports["a"] != taken
    assert is_free(ports["a"])
    assert ports["b"] == other


def test_a_port_asked_for_by_number_is_never_another(tmp_path: Path, taken: int) -> None:
    wanted = free_port()

    assert remembered_ports(tmp_path / "ports.json", ["a", "b"], {"a": wanted, "b": 0})["a"] == wanted
    with pytest.raises(ServiceError, match=f"port {taken} .* is taken"):
        remembered_ports(tmp_path / "ports.json", ["a"], {"a": taken})


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": "x"}'])
def test_a_file_cut_short_is_no_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "ports.json").write_text(text)

    assert known_ports(tmp_path / "ports.json") == {}


def test_a_port_whose_socket_another_users_store_has_left_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    left = Path(f"/tmp/seaweedfs-volume-grpc-{port}.sock")
    left.touch()
    try:
        assert is_free(port)
        monkeypatch.setattr("local.ports.os.getuid", lambda: left.stat().st_uid + 1)
        assert not is_free(port)
    finally:
        left.unlink()
