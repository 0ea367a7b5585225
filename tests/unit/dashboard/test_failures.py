"""What is said after dead letters were sent again."""

from typing import cast

from starlette.requests import Request

from functions.runtime.dead_letters import DeadLetter
from local.dashboard.failures import told
from local.dashboard.visit import Visit
from local.letters import StoredLetter

MOST = 16_384
"""Bytes of a request's head that the server takes."""


def test_what_is_said_of_many_letters_with_long_names_fits_into_an_address() -> None:
    letter = DeadLetter(function="f", run="f/1", reason="no")
    key = "\U0001f600" * 200
    left = [(StoredLetter("b", key, "e", letter), "its object was deleted")] * 50

    answer = told(Visit(cast("Request", None)), "sent again", left)

    assert answer.status_code == 303
    assert len(answer.headers["location"]) < MOST / 2


def test_one_letter_that_went_is_said_in_a_whole_sentence() -> None:
    one = StoredLetter("b", "k", "e", DeadLetter(function="f", run="f/1", reason="no"))

    answer = told(Visit(cast("Request", None)), "sent again", [(one, "")])

    assert answer.headers["location"] == "/failures?notice=1+dead+letter+was+sent+again."
