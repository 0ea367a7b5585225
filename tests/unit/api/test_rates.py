"""Rates and room: how much one client may have, and how many may be served at once."""

import pytest

from local.api.rates import Rate, Room
from local.api.refusal import Refusal


def test_a_client_has_its_share_at_once_and_more_as_time_goes_on() -> None:
    now = [0.0]
    rate = Rate("requests", 6, clock=lambda: now[0])
    for _ in range(6):
        rate.take("ann")

    with pytest.raises(Refusal, match="more than 6 requests a minute") as refused:
        rate.take("ann")
    rate.take("bob")
    now[0] = 10.0
    rate.take("ann")
    with pytest.raises(Refusal):
        rate.take("ann")

    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "11"})


def test_who_asks_in_vain_does_not_wait_longer_for_it() -> None:
    now = [0.0]
    rate = Rate("requests", 1, clock=lambda: now[0])
    rate.take("ann")
    for _ in range(10):
        with pytest.raises(Refusal):
            rate.take("ann")

    now[0] = 60.0

    rate.take("ann")


def test_ten_thousand_clients_are_remembered_and_no_more() -> None:
    rate = Rate("requests", 1, clock=lambda: 0.0)
    for number in range(10_001):
        rate.take(f"client {number}")

    rate.take("client 0")
    with pytest.raises(Refusal):
        rate.take("client 10000")


def test_a_place_is_free_again_after_its_block_however_that_ended() -> None:
    room = Room("followers", 1)
    with room.place(), pytest.raises(Refusal, match="1 followers are under way") as refused, room.place():
        pass
    with pytest.raises(ZeroDivisionError), room.place():
        raise ZeroDivisionError

    assert refused.value.status == 503
    with room.place():
        pass
