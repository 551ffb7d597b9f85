"""The seal engine: streaming file against the bare cipher, and a trial by tampering.

Throughput is CPU time over a recording of 8 MiB (17 minutes of G.711; SM4: 2 MiB), variants interleaved within each
round, median of the rounds: other jobs on the machine then move both sides of a ratio alike. The bare cipher is
`encrypt_into` (SM4: one update and a tag) on one buffer of the segment size, over and over, with nothing written
anywhere; the sealed file goes to a preallocated buffer that takes the place of a disk.
"""

from __future__ import annotations

import io
import random
import secrets
import statistics
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench._limits import to_limits
from callwarden.engines.seal import (
    CannotOpen,
    Key,
    SealedReader,
    SealedWriter,
    Suite,
    open_bytes,
    seal_bytes,
    sealed_size,
)

SEGMENT = 64 << 10
TAG = 16
ROUNDS = 9
SIZES = {Suite.AES_256_GCM: 8 << 20, Suite.SM4_GCM: 2 << 20}
REPEATS = {Suite.AES_256_GCM: 8, Suite.SM4_GCM: 1}
SHORT = {Suite.AES_256_GCM: "aes", Suite.SM4_GCM: "sm4"}
RECORD = b"bench"
TRIALS = 20_000
AT_LEAST = {"aes_ratio_64k": 0.40, "sm4_ratio_64k": 0.90}

Progress = Callable[[str], None]


def run(progress: Progress) -> dict[str, float]:
    figures: dict[str, float] = {}
    for suite in Suite:
        progress(f"{suite.name} streams")
        figures |= streams(suite)
    for suite in Suite:
        progress(f"{suite.name} values")
        figures |= values(suite)
    progress("tampering")
    figures["tampered_tried"], figures["tampered_accepted"] = tampering()
    return figures | to_limits(figures, at_least=AT_LEAST)


def streams(suite: Suite) -> dict[str, float]:
    """MB/s of CPU time for bare cipher, writer and reader, and the ratios the gates are on."""
    size, short = SIZES[suite], SHORT[suite]
    chunk = secrets.token_bytes(SEGMENT)
    key = Key.generate(suite)
    disk = io.BytesIO(bytes(sealed_size(size)))
    into = bytearray(SEGMENT)

    def write() -> None:
        disk.seek(0)
        with SealedWriter(disk, key, record_id=RECORD) as out:
            for _ in range(size // SEGMENT):
                out.write(chunk)

    def read() -> None:
        opened = SealedReader(disk, key, record_id=RECORD)
        while opened.readinto(into):
            pass

    bare_seal, bare_open = bare(suite, chunk, size // SEGMENT)
    variants = {"bare": bare_seal, "write": write, "read": read, "bare_open": bare_open}
    medians = interleaved(variants, size, REPEATS[suite])
    return {
        f"{short}_ratio_64k": medians["write"] / medians["bare"],
        f"{short}_open_ratio_64k": medians["read"] / medians["bare_open"],
        f"{short}_seal_mb_s": medians["write"],
        f"{short}_open_mb_s": medians["read"],
        f"{short}_bare_seal_mb_s": medians["bare"],
        f"{short}_bare_open_mb_s": medians["bare_open"],
    }


def bare(suite: Suite, chunk: bytes, count: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """Sealing and opening `count` chunks with the cipher alone."""
    nonce = bytes(12)
    sealed, plain = bytearray(SEGMENT + TAG), bytearray(SEGMENT)
    if suite is Suite.AES_256_GCM:
        cipher = AESGCM(secrets.token_bytes(32))

        def seal() -> None:
            for _ in range(count):
                cipher.encrypt_into(nonce, chunk, None, sealed)

        def open_() -> None:
            for _ in range(count):
                cipher.decrypt_into(nonce, sealed, None, plain)

        return seal, open_

    algorithm = algorithms.SM4(secrets.token_bytes(16))
    view = memoryview(sealed)

    def seal_sm4() -> None:
        for _ in range(count):
            context = Cipher(algorithm, modes.GCM(nonce)).encryptor()
            context.update_into(chunk, sealed)
            context.finalize()
            view[SEGMENT:] = context.tag

    def open_sm4() -> None:
        for _ in range(count):
            context = Cipher(algorithm, modes.GCM(nonce, bytes(view[SEGMENT:]))).decryptor()
            context.update_into(view[:SEGMENT], plain)
            context.finalize()

    return seal_sm4, open_sm4


def interleaved(variants: dict[str, Callable[[], None]], size: int, repeats: int) -> dict[str, float]:
    """Median MB/s of CPU time of each variant over `ROUNDS` rounds, after one round of warming up."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(ROUNDS + 1):
        for name, act in variants.items():
            begin = time.process_time()
            for _ in range(repeats):
                act()
            if turn:
                times[name].append((time.process_time() - begin) / repeats)
    return {name: size / statistics.median(spent) / 1e6 for name, spent in times.items()}


def values(suite: Suite) -> dict[str, float]:
    """Sealed and opened fields of 32 bytes a second of CPU time."""
    key, plaintext, count = Key.generate(suite), secrets.token_bytes(32), 5_000
    blobs: list[bytes] = []
    begin = time.process_time()
    for part in range(count):
        blobs.append(seal_bytes(key, plaintext, record_id=RECORD, part=part))
    middle = time.process_time()
    for part, blob in enumerate(blobs):
        open_bytes(key, blob, record_id=RECORD, part=part)
    end = time.process_time()
    short = SHORT[suite]
    return {f"{short}_fields_sealed_s": count / (middle - begin), f"{short}_fields_opened_s": count / (end - middle)}


def tampering() -> tuple[int, int]:
    """How many changed files were tried and how many served a byte: bits, cuts, segments moved, real segment size."""
    chance = random.Random(7)  # the same trial each time; not used for keys
    tried = accepted = 0
    for suite in Suite:
        key = Key.generate(suite)
        count = TRIALS if suite is Suite.AES_256_GCM else TRIALS // 50
        for plain_size in (0, 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT):
            disk = io.BytesIO()
            with SealedWriter(disk, key, record_id=RECORD) as out:
                out.write(secrets.token_bytes(plain_size))
            whole = disk.getvalue()
            for _ in range(count // 5):
                tried += 1
                accepted += serves(change(whole, chance), key)
    return tried, accepted


def change(whole: bytes, chance: random.Random) -> bytes:
    changed = bytearray(whole)
    match chance.randrange(4):
        case 0 | 1:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        case 2:
            del changed[chance.randrange(len(changed)) :]
        case 3:
            at = len(changed) - chance.randrange(1, 2 * SEGMENT) if len(changed) > 2 * SEGMENT else 0
            moved = changed[at : at + SEGMENT + TAG]
            changed[at:at] = moved
    return bytes(changed)


def serves(changed: bytes, key: Key) -> bool:
    """Whether all of a changed file is served, as a player would that trusts it."""
    try:
        SealedReader(io.BytesIO(changed), key, record_id=RECORD).readall()
    except CannotOpen:
        return False
    return True
