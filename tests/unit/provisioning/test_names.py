"""Passwords are drawn from the system's randomness, once, and what a service is is not shown with them."""

import string

import pytest

from functions.provisioning.names import Names
from tests.unit.provisioning.landscape import LAYERS, written


def test_passwords_have_24_letters_and_digits_and_no_two_are_the_same() -> None:
    names = Names()

    drawn = [names.secret(f"layer{number}/vm", "minio_password") for number in range(50)]

    assert len(set(drawn)) == 50
    assert {len(each) for each in drawn} == {24}
    assert set("".join(drawn)) <= set(string.ascii_lowercase + string.digits)


def test_a_second_writing_with_what_was_drawn_is_the_same_and_draws_nothing() -> None:
    placed = {"edge": "Pi", "cloud": "VM1", "function": "L1"}
    first = written(placed, names=Names())

    second = written(placed, names=Names(first.drawn))

    assert second.files == first.files
    assert second.drawn == {}
    assert {name.rpartition("/")[2] for name in first.drawn} == {
        "cluster",
        "admin_token",
        "oscar_password",
        "minio_password",
        "local_influx_token",
        "local_influx_pass",
    }


def test_a_new_component_on_a_cluster_that_runs_leaves_its_passwords() -> None:
    first = written({"one": "VM1"}, names=Names())

    second = written({"zero": "VM1", "one": "VM1"}, names=Names(first.drawn))

    assert second.drawn == {}
    assert second.sites[0].passwords == first.sites[0].passwords


def test_no_password_is_in_what_is_printed() -> None:
    provision = written({"edge": "Pi", "cloud": "VM1", "function": "L1"}, [("edge", "cloud", 1)], names=Names())

    shown = repr(provision)

    secrets = [value for name, value in provision.drawn.items() if not name.endswith("/cluster")]
    assert len(secrets) == 5
    assert not [each for each in (*secrets, "sk1", "sk4") if each in shown]


def test_a_resource_that_has_the_number_of_another_one_has_no_name_and_no_password_of_its_cluster() -> None:
    first = written({"one": "VM1"}, names=Names())
    renumbered = {**LAYERS["cloud"], "Resources": {"vm1": LAYERS["cloud"]["Resources"]["vm2"]}}

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LAYERS, "cloud", renumbered)  # as production deployments number resources anew
        second = written({"one": "VM2"}, names=Names(first.drawn))

    assert first.sites[0].place == second.sites[0].place
    assert first.sites[0].name != second.sites[0].name
    assert not set(first.drawn.values()) & set(second.drawn.values())
