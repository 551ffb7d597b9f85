"""Whatever form a value was written down in, the search finds it; and what it says repeats no value."""

from __future__ import annotations

import base64
import bz2
import doctest
import gzip
import json
import lzma
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines import residue
from callwarden.engines.residue import ENCODINGS, PIECE, Mark, Search, _search

NAME, PHONE, RECORD = "欧阳长风", "15433087760", bytes(range(7, 23))
MARKS = [Mark("name", NAME), Mark("phone", PHONE), Mark("record", RECORD)]
WRAPPED = {
    "as it is": lambda raw: raw,
    "hex": lambda raw: raw.hex().encode(),
    "HEX": lambda raw: raw.hex().upper().encode(),
    "base64": base64.b64encode,
    "base64 one behind": lambda raw: base64.b64encode(b"x" + raw + b"y"),
    "base64 two behind": lambda raw: base64.b64encode(b"xx" + raw),
    "base64 url": base64.urlsafe_b64encode,
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "gzip in gzip": lambda raw: gzip.compress(b"x" * 99 + gzip.compress(raw)),
    "hex of the database": lambda raw: b"\\\\x" + gzip.compress(raw).hex().encode(),
}


@pytest.fixture(params=["hyperscan", "without"])
def search(request, monkeypatch) -> Search:
    if request.param == "without":
        monkeypatch.setattr(_search, "hyperscan", None)
    return Search(MARKS)


def labels(hits) -> set[str]:
    return {hit.label for hit in hits}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED.keys())
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_value_is_found_in_every_form_and_encoding(search, encoding, wrap):
    assert "name" in labels(search.data(b"\x00\xff before" + wrap(NAME.encode(encoding)) + b"behind"))
    assert "phone" in labels(search.data(b"\x00\xff before" + wrap(PHONE.encode(encoding)) + b"behind"))


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED.keys())
def test_random_bytes_of_ours_are_found_in_every_form(search, wrap):
    assert labels(search.data(b"head" + wrap(RECORD) + b"tail")) == {"record"}


@pytest.mark.parametrize("written", ["154 3308 7760", "154-3308-7760", "1543 3087 760", json.dumps(PHONE)])
def test_a_number_is_found_as_people_write_it(search, written):
    assert "phone" in labels(search.data(written.encode()))


def test_escaped_text_is_found(search):
    assert "name" in labels(search.data(json.dumps({"name": NAME}).encode()))
    assert "name" in labels(search.data(f"?name={quote(NAME)}".encode()))


@given(st.integers(1, 60), st.integers(1, 40))
def test_no_border_between_pieces_hides_a_value(before, size):
    data = b"z" * before + PHONE.encode() + b"z" * 40
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    assert labels(Search(MARKS).stream(iter(parts))) == {"phone"}


@pytest.mark.parametrize("at", [PIECE - len(PHONE) - 1, PIECE - 5, PIECE - 1, PIECE, 2 * PIECE - 3])
def test_no_border_of_what_is_looked_at_together_hides_a_value(tmp_path, at):
    file = tmp_path / "large.bin"
    file.write_bytes(b"\0" * at + PHONE.encode() + b"\0" * 100)
    assert labels(Search(MARKS).file(file)) == {"phone"}


@given(st.binary(max_size=400))
def test_noise_holds_nothing(noise):
    assert not Search(MARKS).data(noise.replace(RECORD, b""))


def test_what_is_too_short_to_tell_anything_is_not_looked_for():
    assert not Search([Mark("short", "12345")]).data(b"12345")


def test_names_of_files_count_and_links_are_not_followed(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{PHONE}.wav").write_bytes(b"noise")
    outside = tmp_path / "outside"
    outside.write_text(NAME, encoding="utf-8")
    (tmp_path / "in" / "link").symlink_to(outside)
    found = Search(MARKS).tree(tmp_path / "in")
    assert [path.name for path in found] == [f"{PHONE}.wav"]


def test_reports_repeat_no_value(search):
    told = repr(search.data(f"{NAME} {PHONE}".encode() + RECORD))
    assert NAME not in told
    assert PHONE not in told
    assert RECORD.hex() not in told


def test_the_manual_runs():
    outcome = doctest.testmod(residue)
    assert (outcome.failed, outcome.attempted > 5) == (0, True)
