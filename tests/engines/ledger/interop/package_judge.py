"""Judges exports and proofs with the package `callwarden-verify`, by a Python that has nothing of the system."""

import base64
import json
import sys
import tempfile
from pathlib import Path

from callwarden_verify import verifier


def note(text: bytes, index: int, hashes: list, body: bytes) -> bytes:
    lines = ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(body).decode()}", f"index {index}", *hashes, "", ""]
    return "\n".join(lines).encode() + text


with tempfile.TemporaryDirectory() as scratch:
    older = Path(scratch, "older")
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.get("Dir"):
            kept = []
            if asked["Older"]:
                older.write_bytes(base64.b64decode(asked["Older"]))
                kept = [older]
            report = verifier.verify_export(asked["Dir"], [asked["Key"]], older=kept, live=True)
        else:
            whole = note(
                base64.b64decode(asked["Note"]), asked["Index"], asked["Hashes"], base64.b64decode(asked["Body"])
            )
            report = verifier.verify_proof(whole, [asked["Key"]])
        print("true" if report.verified else "false", flush=True)
