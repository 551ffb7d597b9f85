"""What is uploaded is never on a disk in clear, not for a moment; and never half taken in."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from callwarden.custody import intake
from callwarden.custody.intake import spool_folder
from callwarden.custody.models import IntakeItem
from callwarden.doors.api.uploads import SealedSpool, SealedUploadHandler
from callwarden.kernel.errors import TooLarge
from tests.doors.api.conftest import parts_of

# Part of a WAVE file of 20 MB whose every block of 32 bytes says the same.
MARK = b"PLAINTEXT-OF-A-CALLER-0123456789"
HEAD = (
    b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data"
)
RECORDING = HEAD + MARK * (20 * 1024 * 1024 // len(MARK))


def readable_files(folders: list[Path]) -> list[Path]:
    """Every file of these folders, and every file this process holds open, named or not."""
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    for descriptor in os.listdir("/proc/self/fd"):
        path = Path("/proc/self/fd") / descriptor
        try:
            if stat.S_ISREG(path.stat().st_mode):
                found.append(path)
        except OSError:
            continue
    return found


def in_clear(folders: list[Path]) -> list[Path]:
    return [path for path in readable_files(folders) if MARK in path.read_bytes()]


@pytest.fixture
def watched(monkeypatch, settings, tmp_path):
    """Looks at every disk file within reach, many times while an upload is received."""
    seen: list[Path] = []
    looks: list[int] = []
    folders = [Path(settings.DATA_DIR), tmp_path]

    def watch(handler):
        real = handler.receive_data_chunk

        def receive(self, data, start):
            answer = real(self, data, start)
            if start // (2 * 1024 * 1024) != (start + len(data)) // (2 * 1024 * 1024):
                looks.append(start)
                seen.extend(in_clear(folders))
            return answer

        monkeypatch.setattr(handler, "receive_data_chunk", receive)

    return watch, seen, looks, folders


def test_twenty_megabytes_never_lie_on_the_disk_in_clear(program, watched):
    watch, seen, looks, folders = watched
    watch(SealedUploadHandler)
    answer = program.post("/recordings", {"audio": SimpleUploadedFile("a.wav", RECORDING), "call_id": "C-1"})
    assert answer.status_code == 202, answer.content
    assert len(looks) >= 8
    assert not seen
    assert not in_clear(folders)
    assert IntakeItem.objects.get().size == len(RECORDING)


def test_the_search_would_have_found_it(program, watched, settings, tmp_path):
    """Positive control: Django's own handler does write uploads in clear, and the search sees it."""
    from django.core.files.uploadhandler import TemporaryFileUploadHandler

    watch, seen, _looks, _folders = watched
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    watch(TemporaryFileUploadHandler)
    program.post("/recordings", {"audio": SimpleUploadedFile("a.wav", RECORDING), "call_id": "C-1"})
    assert seen


def broken_off(body: bytes, announced: int, kind: str) -> dict[str, Any]:
    """What a server hands on when the connection ends in the middle of a body."""
    return {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(announced), "CONTENT_TYPE": kind}


def test_a_body_that_breaks_off_is_refused_and_leaves_nothing(program, generated):
    """A proxy that gives up in the middle of a recording must not turn it into a shorter recording."""
    from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

    whole = encode_multipart(BOUNDARY, parts_of(generated))
    for cut in (1, len(whole) // 2, len(whole) - 10):
        answer = program.browser.generic(
            "POST",
            "/api/v1/calls",
            b"",
            headers={"Authorization": f"Bearer {program.written}", "Idempotency-Key": f"k-{cut}"},
            **broken_off(whole[:cut], len(whole), MULTIPART_CONTENT),
        )
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), answer.content
    assert not IntakeItem.objects.exists()
    assert not list(spool_folder().glob("*.cws"))


def test_a_list_that_breaks_off_is_refused(program, line):
    line.cdr_mapping = MAPPING
    line.save()
    answer = program.browser.generic(
        "POST",
        "/api/v1/cdr",
        b"",
        headers={"Authorization": f"Bearer {program.written}", "Idempotency-Key": "k"},
        **broken_off(b"id,from\nC1,1", 5000, "text/csv"),
    )
    assert answer.json()["code"] == "body_cut_short"
    assert not IntakeItem.objects.exists()


MAPPING = """
version: 1
columns: {call_id: id, line: {constant: service-zh}, direction: {constant: inbound}, started_at: start}
"""


def test_more_than_the_limit_is_refused_while_it_arrives(program, settings):
    settings.INTAKE_MAX_BYTES = 1024 * 1024
    answer = program.post("/recordings", {"audio": SimpleUploadedFile("a.wav", RECORDING)})
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert not IntakeItem.objects.exists()


def test_a_spool_takes_no_more_than_the_limit(settings, tmp_path):
    settings.DATA_DIR, settings.INTAKE_MAX_BYTES = tmp_path, 1000
    spool = SealedSpool()
    spool.write(bytes(1000))
    with pytest.raises(TooLarge):
        spool.write(b"x")


def test_a_full_disk_is_told_with_the_time_to_come_back(program, generated, settings):
    settings.SPOOL_MAX_BYTES = 0
    (intake.spool_folder() / "x.cws").write_bytes(b"full")
    answer = program.post("/calls", parts_of(generated))
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "spool_full", "30")
    assert not IntakeItem.objects.exists()


def test_what_was_written_comes_back_and_the_file_shows_nothing_of_it(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    spool = SealedSpool()
    for start in range(0, len(RECORDING), 300_001):
        spool.write(RECORDING[start : start + 300_001])
    reader = spool.finish()
    assert reader.read(len(RECORDING)) == RECORDING
    assert not in_clear([tmp_path])
    spool.close()
