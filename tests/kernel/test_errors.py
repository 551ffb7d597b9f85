from __future__ import annotations

import pytest
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import (
    CallwardenError,
    Conflict,
    InvalidInput,
    NotFound,
    Refused,
    TooLarge,
    TooMany,
    Unavailable,
    supported_language,
)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (InvalidInput, 422),
        (Refused, 403),
        (NotFound, 404),
        (Conflict, 409),
        (TooLarge, 413),
        (TooMany, 429),
        (Unavailable, 503),
    ],
)
def test_each_failure_has_the_http_status_of_its_meaning(kind: type[CallwardenError], status: int) -> None:
    error = kind("some_code", "Do this.", data={"limit": 3})
    assert error.to_dict() | {"retry_after": 0} == {
        "code": "some_code",
        "message": "Do this.",
        "status": status,
        "data": {"limit": 3},
        "retry_after": 0,
    }


def test_a_refusal_for_now_says_when_to_try_again() -> None:
    assert Unavailable("busy", "Later.", retry_after=60).to_dict()["retry_after"] == 60


def test_the_message_is_translated_when_shown_not_when_raised() -> None:
    # A msgid of Django's own catalogue, so that the test does not depend on ours.
    error = InvalidInput("wrong", _("This field is required."))
    assert error.to_dict("en")["message"] == "This field is required."
    assert error.to_dict("zh-CN")["message"] == "这个字段是必填项。"
    assert str(error) == "This field is required."


def test_facts_are_filled_in_after_translation() -> None:
    assert str(TooLarge("big", "At most %(limit)s bytes.", data={"limit": 7})) == "At most 7 bytes."


def test_a_percent_sign_without_a_place_for_a_fact_is_just_a_percent_sign() -> None:
    assert str(InvalidInput("share", "More than 100% is impossible.", data={"x": 1})) == "More than 100% is impossible."


@pytest.mark.parametrize(
    ("asked", "spoken"), [("zh-CN", "zh-hans"), ("zh-Hans", "zh-hans"), ("en-GB", "en"), ("xx", "en")]
)
def test_a_language_we_do_not_speak_becomes_one_we_do(asked: str, spoken: str) -> None:
    assert supported_language(asked) == spoken
