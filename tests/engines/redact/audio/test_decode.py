"""A recording decodes to what it holds, or it is refused; it is never taken for a shorter or different one."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.redact.audio import AudioError, AudioLimits, Raw, decode
from callwarden.engines.redact.audio._g711 import ALAW, ULAW

from .sounds import encoded, key_tone, noise, pcm

EXACT = [
    ("WAV", "PCM_16"),
    ("WAVEX", "PCM_16"),
    ("RF64", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "PCM_32"),
    ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"),
    ("FLAC", "PCM_24"),
]
LOSSY = [("MP3", "MPEG_LAYER_III"), ("OGG", "OPUS"), ("WAV", "GSM610"), ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM")]


def melody(rate: int, channels: int = 2, seconds: float = 1.0) -> np.ndarray:
    t = np.arange(int(rate * seconds)) / rate
    voices = [0.3 * np.sin(2 * np.pi * f * t) for f in (440.0, 660.0)][:channels]
    return pcm(np.stack(voices, axis=1))


def refusal(data: bytes, **options: object) -> AudioError:
    with pytest.raises(AudioError) as caught:
        decode(data, **options)  # type: ignore[arg-type]
    return caught.value


def wav(fmt: tuple[int, ...], body: bytes, *, announced: int | None = None) -> bytes:
    tag, channels, rate, bits = fmt
    block = channels * bits // 8
    header = struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)
    size = len(body) if announced is None else announced
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(body))
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + header
        + b"data"
        + struct.pack("<I", size)
        + body
    )


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize(("container", "subtype"), EXACT)
def test_lossless_files_decode_bit_for_bit(container: str, subtype: str, rate: int, channels: int) -> None:
    samples = noise(5_000, channels, peak=32_767)
    audio = decode(io.BytesIO(encoded(samples, rate, container, subtype)))
    assert (audio.rate, audio.samples.dtype) == (rate, np.int16)
    np.testing.assert_array_equal(audio.samples, samples)


@pytest.mark.parametrize(("container", "subtype"), LOSSY)
@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_lossy_files_keep_length_and_sound(container: str, subtype: str, rate: int) -> None:
    samples = melody(rate, channels=1)
    audio = decode(encoded(samples, rate, container, subtype))
    assert audio.rate == rate
    assert len(samples) <= len(audio.samples) <= len(samples) + 2048  # ADPCM fills its last block
    middle = slice(rate // 4, rate // 2)
    original, heard = samples[middle, 0].astype(float), audio.samples[middle, 0].astype(float)
    assert np.corrcoef(original, heard)[0, 1] > 0.98


@pytest.mark.parametrize(("subtype", "table"), [("ALAW", ALAW), ("ULAW", ULAW)])
def test_every_g711_code_expands_as_another_implementation_expands_it(subtype: str, table: np.ndarray) -> None:
    codes = bytes(range(256))
    other, _ = soundfile.read(
        io.BytesIO(codes), samplerate=8000, channels=1, format="RAW", subtype=subtype, dtype="int16"
    )
    np.testing.assert_array_equal(table, other)
    tag = 6 if subtype == "ALAW" else 7
    np.testing.assert_array_equal(decode(wav((tag, 1, 8000, 8), codes)).samples[:, 0], other)
    headerless = decode(codes, hint=Raw("alaw" if tag == 6 else "ulaw"))
    np.testing.assert_array_equal(headerless.samples[:, 0], other)


def test_eight_bit_pcm_is_centred() -> None:
    audio = decode(wav((1, 1, 8000, 8), bytes([0, 128, 255])))
    assert audio.samples[:, 0].tolist() == [-32768, 0, 32512]


def test_headerless_stereo_alaw_and_linear_sound_need_a_hint() -> None:
    assert refusal(bytes(800)).code == "unsupported"
    stereo = decode(bytes(800), hint=Raw("ulaw", rate=16000, channels=2))
    assert (stereo.frames, stereo.channels, stereo.rate) == (400, 2, 16000)
    assert decode(struct.pack("<3h", 1, -2, 3), hint=Raw("s16")).samples[:, 0].tolist() == [1, -2, 3]
    assert refusal(bytes(3), hint=Raw("s16")).code == "truncated"


def test_content_beats_the_hint() -> None:
    samples = noise(400)
    audio = decode(encoded(samples, 8000, "WAV", "PCM_16"), hint=Raw("alaw"))
    np.testing.assert_array_equal(audio.samples, samples)


def test_peaks_beyond_full_scale_are_clipped_not_wrapped() -> None:
    body = np.array([2.0, -2.0, np.nan, np.inf, -np.inf, 0.5], "<f4").tobytes()
    assert decode(wav((3, 1, 8000, 32), body)).samples[:, 0].tolist() == [32767, -32768, 0, 32767, -32768, 16384]


@pytest.mark.parametrize(("container", "subtype"), [("MP3", "MPEG_LAYER_III"), ("OGG", "OPUS")])
def test_a_loud_lossy_recording_does_not_wrap(container: str, subtype: str) -> None:
    square = (np.sign(np.sin(2 * np.pi * 300 * np.arange(16000) / 16000)) * 32767).astype(np.int16)[:, None]
    heard = decode(encoded(square, 16000, container, subtype)).samples[4000:12000, 0].astype(float)
    assert np.corrcoef(heard, square[4000:12000, 0])[0, 1] > 0.95


def test_mp3_inside_wav_is_decoded() -> None:
    mp3 = encoded(melody(16000, 1), 16000, "MP3", "MPEG_LAYER_III")
    audio = decode(wav((0x55, 1, 16000, 8), mp3))
    assert audio.source_format == "WAV MP3"
    np.testing.assert_array_equal(audio.samples, decode(mp3).samples)


def test_an_id3_tag_before_the_sound_is_skipped() -> None:
    tag = b"ID3\x04\x00\x00\x00\x00\x00\x14" + bytes(20)
    for container, subtype in (("MP3", "MPEG_LAYER_III"), ("FLAC", "PCM_16")):
        data = encoded(melody(16000, 1), 16000, container, subtype)
        np.testing.assert_array_equal(decode(tag + data).samples, decode(data).samples)


def test_a_wav_from_a_pipe_has_no_length_and_is_read_to_its_end() -> None:
    body = noise(100).tobytes()
    assert decode(wav((1, 1, 8000, 16), body, announced=0xFFFFFFFF)).frames == 100


def test_a_recorder_that_died_before_writing_the_length_is_reported() -> None:
    assert refusal(wav((1, 1, 8000, 16), noise(100).tobytes(), announced=0)).code == "truncated"


def test_chunks_before_and_after_the_sound_are_ignored() -> None:
    data = wav((1, 1, 8000, 16), struct.pack("<2h", 5, 6))
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert decode(data[:12] + odd + data[12:] + odd).samples[:, 0].tolist() == [5, 6]


@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        ("WAV", "PCM_16"),
        ("WAV", "ALAW"),
        ("WAVEX", "PCM_24"),
        ("RF64", "PCM_16"),
        ("FLAC", "PCM_16"),
        ("MP3", "MPEG_LAYER_III"),
        ("OGG", "OPUS"),
        ("WAV", "GSM610"),
    ],
)
def test_a_recording_cut_anywhere_is_refused(container: str, subtype: str) -> None:
    data = encoded(melody(8000, 1, 0.7), 8000, container, subtype)
    # Every byte of the headers, then a byte in seven.
    for cut in [*range(min(700, len(data))), *range(700, len(data), 7), len(data) - 1]:
        assert refusal(data[:cut]).code in ("truncated", "empty", "unsupported", "corrupt"), cut


@pytest.mark.parametrize(
    ("container", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III"), ("OGG", "OPUS")]
)
def test_what_is_left_of_a_cut_recording_can_be_had_on_request(container: str, subtype: str) -> None:
    samples = noise(24_000)
    data = encoded(samples, 8000, container, subtype)
    audio = decode(data[: len(data) * 2 // 3], limits=AudioLimits(accept_truncated=True))
    assert 4_000 < audio.frames < 23_000
    if subtype == "PCM_16":
        np.testing.assert_array_equal(audio.samples, samples[: audio.frames])


@pytest.mark.parametrize(("container", "subtype"), [("FLAC", "PCM_16"), ("OGG", "OPUS")])
@settings(max_examples=80, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_in_a_checked_format_never_changes_the_sound(
    container: str, subtype: str, where: float, bit: int
) -> None:
    data = bytearray(encoded(melody(8000, 2, 0.5), 8000, container, subtype))
    whole = decode(bytes(data))
    data[int(where * len(data))] ^= 1 << bit
    try:
        audio = decode(bytes(data))
    except AudioError:
        return
    # The flip fell into a comment or an unused field.
    np.testing.assert_array_equal(audio.samples, whole.samples)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"RIFF\0\0\0\0WAVE", b"fLaC", b"OggS", b"ID3", b"\xff\xfb\x90\x00"])
)
def test_garbage_is_refused_without_a_trace_of_its_content(garbage: bytes, magic: bytes) -> None:
    error = refusal(magic + garbage)
    assert all(isinstance(value, int | float) or len(str(value)) < 40 for value in error.data.values())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (wav((1, 1, 8000, 16), b""), "empty"),
        (b"id,caller,start\n1,+12025550123,2025\n", "unsupported"),
        (b"\0\0\0\x20ftypM4A " + bytes(100), "unsupported"),
        (b"#!AMR\n" + bytes(100), "unsupported"),
        (wav((0x83, 1, 8000, 8), bytes(100)), "unsupported"),
        (wav((1, 1, 4000, 16), bytes(100)), "rate"),
        (wav((1, 1, 96000, 16), bytes(100)), "rate"),
        (wav((1, 4, 8000, 16), bytes(96)), "channels"),
        (wav((1, 0, 8000, 16), bytes(96)), "corrupt"),
        (wav((1, 1, 8000, 12), bytes(96)), "corrupt"),
        (wav((1, 1, 8000, 16), bytes(99)), "truncated"),
    ],
)
def test_unusable_recordings_are_named_for_what_they_are(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_the_refusal_of_a_foreign_format_names_it() -> None:
    assert refusal(b"\0\0\0\x20ftypM4A " + bytes(100)).data == {"format": "MP4/M4A"}
    assert refusal(encoded(melody(8000), 8000, "OGG", "VORBIS")).data == {"format": "Ogg Vorbis"}
    assert refusal(wav((0x83, 1, 8000, 8), bytes(100))).data == {"format": "WAV G.729 8 bit"}


def test_limits_hold_before_and_while_decoding() -> None:
    silence = np.zeros((80_000, 1), np.int16)
    flac = encoded(silence, 8000, "FLAC", "PCM_16")
    assert refusal(flac, limits=AudioLimits(max_seconds=9)).code == "too_long"
    assert refusal(flac, limits=AudioLimits(max_decoded_bytes=100_000)).code == "too_large"
    assert refusal(flac, limits=AudioLimits(max_bytes=100)).code == "too_large"
    # A header that announces nothing, or little, does not open the gate.
    unannounced = bytearray(flac)
    unannounced[21] &= 0xF0
    unannounced[22:26] = bytes(4)
    assert refusal(bytes(unannounced)).data == {"format": "FLAC without a length"}
    unannounced[25] = 1
    assert refusal(bytes(unannounced)).code == "corrupt"


def test_times_survive_the_lossy_codecs() -> None:
    """Word times point into the decoded sound: an encoder's delay must have been trimmed."""
    signal = np.zeros(16_000)
    signal[8_000:8_800] = key_tone("5", 100)
    for container, subtype in (("MP3", "MPEG_LAYER_III"), ("OGG", "OPUS")):
        heard = decode(encoded(pcm(signal), 8000, container, subtype)).samples[:, 0].astype(int)
        onset = int(np.flatnonzero(np.abs(heard) > 3_000)[0])
        assert abs(onset - 8_000) <= 24
