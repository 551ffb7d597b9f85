"""FLAC goes out strictly forward and comes back sample for sample."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from callwarden.engines.redact.audio import Audio, decode, encode_flac

from .sounds import noise


class Pipe:
    """A sink that can only take bytes."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.parts.append(bytes(data))

    @property
    def content(self) -> bytes:
        return b"".join(self.parts)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 2).flatmap(
        lambda channels: numpy_strategies.arrays(np.int16, st.tuples(st.integers(1, 9_000), st.just(channels)))
    ),
    st.sampled_from([8_000, 11_025, 16_000, 48_000]),
)
def test_every_recording_comes_back_bit_for_bit(samples: np.ndarray, rate: int) -> None:
    out = Pipe()
    size = encode_flac(Audio(samples, rate), out)
    assert size == len(out.content)
    back = decode(out.content)
    assert back.rate == rate
    np.testing.assert_array_equal(back.samples, samples)


def test_a_sink_that_cannot_seek_still_gets_length_and_md5() -> None:
    out = Pipe()
    audio = Audio(noise(50_000, 2), 8000)
    encode_flac(audio, out)
    assert soundfile.info(io.BytesIO(out.content)).frames == 50_000
    # decode() compares the MD5; a wrong one would be refused as corrupt.
    damaged = bytearray(out.content)
    damaged[30] ^= 1
    with pytest.raises(Exception, match="damaged"):
        decode(bytes(damaged))


def test_the_bytes_equal_what_a_seekable_file_gets_in_everything_but_frame_sizes() -> None:
    audio = Audio(noise(20_000), 8000)
    out, usual = Pipe(), io.BytesIO()
    encode_flac(audio, out)
    soundfile.write(usual, audio.samples, 8000, format="FLAC", subtype="PCM_16", compression_level=0.5)
    # Smallest and largest frame size (bytes 12 to 17) are unknown until the end; 0 means unknown.
    assert out.content[:12] == usual.getvalue()[:12]
    assert out.content[18:] == usual.getvalue()[18:]


def test_a_sink_that_fails_is_heard() -> None:
    class Full:
        def write(self, data: bytes) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        encode_flac(Audio(noise(20_000), 8000), Full())


def test_a_column_of_a_larger_array_is_encoded() -> None:
    stereo = noise(10_000, 2)
    out = Pipe()
    encode_flac(Audio(stereo[:, 1:2], 8000), out)
    np.testing.assert_array_equal(decode(out.content).samples, stereo[:, 1:2])
