"""Judges proofs of single entries with sigstore's Merkle code; run by a Python that has the package `sigstore`.

One JSON question a line on standard input, `true` or `false` a line on standard output. Size and root are read off the
head as plain text: whether its signature holds is not asked here.
"""

import base64
import json
import sys
from types import SimpleNamespace

from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore.errors import VerificationError


def holds(asked: dict) -> bool:
    lines = base64.b64decode(asked["Note"]).decode().split("\n")
    size, root = int(lines[1]), base64.b64decode(lines[2])
    if not 0 <= asked["Index"] < size:
        return False
    proof = SimpleNamespace(
        log_index=asked["Index"],
        tree_size=size,
        root_hash=root,
        hashes=[base64.b64decode(one) for one in asked["Hashes"]],
    )
    entry = SimpleNamespace(
        _inner=SimpleNamespace(inclusion_proof=proof, canonicalized_body=base64.b64decode(asked["Body"]))
    )
    try:
        verify_merkle_inclusion(entry)
    except VerificationError:
        return False
    return True


for line in sys.stdin:
    print("true" if holds(json.loads(line)) else "false", flush=True)
