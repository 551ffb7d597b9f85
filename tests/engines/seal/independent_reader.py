"""Opens a sealed file or a sealed value from docs/formats/sealed-file.md alone: no import of the product.

``python independent_reader.py FILE SUITE-NUMBER HEX-KEY RECORD-ID [PART]`` writes the plaintext to standard output.
"""

import hmac
import pathlib
import struct
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SUITES = {1: (hashes.SHA256, algorithms.AES, 32), 2: (hashes.SM3, algorithms.SM4, 16)}


def pack(*fields):
    return struct.pack(">I", len(fields)) + b"".join(struct.pack(">I", len(field)) + field for field in fields)


def hkdf(suite, secret, salt, info, length):
    return HKDF(SUITES[suite][0](), length, salt, info).derive(secret)


def open_aead(suite, key, nonce, sealed, associated):
    context = Cipher(SUITES[suite][1](key), modes.GCM(nonce, sealed[-16:])).decryptor()
    context.authenticate_additional_data(associated)
    return context.update(sealed[:-16]) + context.finalize()


def open_file(data, suite, key, record, part=0):
    magic, version, number, size = struct.unpack(">4sBBI", data[:10])
    assert (magic, version, number) == (b"CWSF", 1, suite), "unsupported"
    assert size in [1 << power for power in range(4, 21)], "unsupported"
    header, salt, commitment = data[:74], data[10:42], data[42:74]
    info = pack(b"callwarden.seal.file.1 commitment", bytes([suite]))
    assert hmac.compare_digest(commitment, hkdf(suite, key, salt, info, 32)), "wrong key"
    bound = (header, record, struct.pack(">I", part))
    material = hkdf(suite, key, salt, pack(b"callwarden.seal.file.1 key", *bound), SUITES[suite][2] + 7)
    body = data[74:]
    segments = [body[at : at + size + 16] for at in range(0, len(body), size + 16)]
    assert len(segments[-1]) > 16 or len(body) == 16, "truncated"
    associated = pack(b"callwarden.seal.file.1 segment", *bound)
    nonces = [material[-7:] + struct.pack(">IB", i, i == len(segments) - 1) for i in range(len(segments))]
    return b"".join(open_aead(suite, material[:-7], *pair, associated) for pair in zip(nonces, segments, strict=True))


def open_blob(data, suite, secret, *fields, kind=1):
    prefix, salt, label = data[:3], data[3:19], b"callwarden.seal.blob.1"
    assert prefix == bytes([0xC1, kind, suite]), "not such a blob"
    material = hkdf(suite, secret, salt, pack(label, prefix), 32 + SUITES[suite][2] + 12)
    assert hmac.compare_digest(data[19:51], material[:32]), "wrong key"
    return open_aead(suite, material[32:-12], material[-12:], data[51:], pack(label, prefix, *fields))


if __name__ == "__main__":
    path, suite, key, record, *part = sys.argv[1:]
    sealed = pathlib.Path(path).read_bytes()
    sys.stdout.buffer.write(open_file(sealed, int(suite), bytes.fromhex(key), record.encode(), int(*part or [0])))
