"""The recording leaves by ranges alone, byte for byte what the sealed legs hold, and only while the permit lasts."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from callwarden.custody import permits
from callwarden.doors.console.calls.ranges import Span, Unsatisfiable, asked_span
from callwarden.flows import playback
from callwarden.kernel import sessions

pytestmark = pytest.mark.xdist_group("demo centre")


class Listening:
    """Somebody with a permit to play one call."""

    def __init__(self, someone, call) -> None:
        self.someone, self.call = someone, call
        self.grant = playback.permit_to_play(someone.actor, call, purpose="quality")
        self.sound = playback.sound_of(self.grant.permit, call.client_id)
        self.href = reverse("console:call_audio", args=[call.id, self.grant.permit])

    def ask(self, span: str = "", **headers: str):
        return self.someone.get(self.href, headers={**({"Range": span} if span else {}), **headers})


@pytest.fixture
def listening(enter, calls) -> Listening:
    return Listening(enter("quality_reviewer"), calls["service-zh"][-1])


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [
        ("bytes=0-", 0, playback.MAX_RANGE),
        ("bytes=0-1", 0, 2),
        ("bytes=0-43", 0, 44),
        ("bytes=40-59", 40, 60),
        ("bytes=1001-90000", 1001, 90001),
        ("bytes=-500", -500, None),
        ("bytes=1600000-99999999", 1600000, None),
    ],
)
def test_a_range_is_exactly_those_bytes(listening, span, start, end):
    size = listening.sound.size
    first, last = (size + start if start < 0 else start), (size if end is None else end)
    answer = listening.ask(span)
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last - 1}/{size}"
    assert answer["Content-Type"] == "audio/wav"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content == playback.read(listening.grant, listening.sound, first, last)


def test_the_ranges_put_together_are_the_whole_recording(listening):
    whole, size = b"", listening.sound.size
    while len(whole) < size:
        whole += listening.ask(f"bytes={len(whole)}-").content
    assert whole[:4] == b"RIFF"
    assert len(whole) == size
    assert whole == b"".join(
        playback.read(listening.grant, listening.sound, at, at + 100_000) for at in range(0, size, 100_000)
    )


def test_no_answer_is_longer_than_the_limit(listening):
    assert listening.sound.size > playback.MAX_RANGE
    for span in ("bytes=0-", "bytes=5-99999999", f"bytes=-{listening.sound.size}"):
        assert len(listening.ask(span).content) <= playback.MAX_RANGE


def test_the_whole_is_not_handed_out_at_once(listening):
    for answer in (listening.ask(), listening.ask("seconds=1-2"), listening.ask("bytes=0-9", **{"If-Range": '"old"'})):
        assert answer.status_code == 400
        assert answer["Accept-Ranges"] == "bytes"
        assert b"RIFF" not in answer.content


def test_a_matching_if_range_is_answered_with_the_range(listening):
    tag = listening.ask("bytes=0-9")["ETag"]
    assert listening.ask("bytes=0-9", **{"If-Range": tag}).status_code == 206


@pytest.mark.parametrize("span", ["bytes=99999999-", "bytes=5-2", "bytes=0-1,4-5", "bytes=-0", "bytes=", "bytes=a-b"])
def test_a_range_without_a_byte_in_it_is_not_satisfiable(listening, span):
    answer = listening.ask(span)
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{listening.sound.size}"
    assert answer.content == b""


def test_asking_for_the_head_tells_the_size_and_sends_nothing(listening):
    answer = listening.someone.browser.head(listening.href)
    assert answer.status_code == 200
    assert answer["Content-Length"] == str(listening.sound.size)
    assert answer["Accept-Ranges"] == "bytes"
    assert answer.content == b""


def test_another_permit_plays_nothing(listening, enter, calls):
    elsewhere = reverse("console:call_audio", args=[calls["service-zh"][0].id, listening.grant.permit])
    invented = reverse("console:call_audio", args=[listening.call.id, uuid.uuid4()])
    somebody_else = enter("data_protection_officer")
    same_person_again = enter("quality_reviewer")
    for someone, href in (
        (listening.someone, elsewhere),
        (listening.someone, invented),
        (somebody_else, listening.href),
        (same_person_again, listening.href),
    ):
        answer = someone.get(href, headers={"Range": "bytes=0-99"})
        assert answer.status_code == 404
        assert b"RIFF" not in answer.content


def test_a_permit_to_look_is_none_to_listen(listening):
    from callwarden.custody.models import Permit

    listening.someone.get(reverse("console:call", args=[listening.call.id]))
    looked = Permit.objects.filter(action="view_masked", session=listening.someone.login.id).latest("issued_at")
    href = reverse("console:call_audio", args=[listening.call.id, looked.id])
    assert listening.someone.get(href, headers={"Range": "bytes=0-99"}).status_code == 404


def test_the_next_range_after_the_session_was_revoked_is_empty_handed(listening):
    assert listening.ask("bytes=0-99").status_code == 206
    sessions.revoke(listening.someone.login, actor="system", reason="lost_device")
    answer = listening.ask("bytes=100-199")
    assert answer.status_code in {302, 401, 403}
    assert b"data" not in answer.content


def test_the_next_range_after_the_permit_was_revoked_is_refused(listening):
    permits.revoke(listening.grant.permit)
    assert listening.ask("bytes=0-99").status_code == 404


@given(
    size=st.integers(1, 10**9),
    first=st.integers(0, 2 * 10**9),
    length=st.none() | st.integers(0, 10**9),
    most=st.integers(1, 10**6),
)
def test_whatever_is_asked_the_span_lies_in_the_file_and_within_the_limit(size, first, length, most):
    header = f"bytes={first}-" + ("" if length is None else str(first + length))
    if first >= size:
        with pytest.raises(Unsatisfiable):
            asked_span(header, size, most=most)
        return
    span = asked_span(header, size, most=most)
    assert span is not None
    assert span.start == first
    assert first < span.end <= min(size, first + most)
    assert span == Span(first, min(size if length is None else first + length + 1, size, first + most))
