"""A witness for tests, written from C2SP tlog-witness alone: it shares no code with the product."""

from __future__ import annotations

import base64
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class TestWitness:
    """Cosigns what continues what it has signed; `answers` may hold statuses to be given first instead."""

    __test__ = False

    def __init__(self, name: str = "witness.example/w1") -> None:
        self.name, self._key = name, Ed25519PrivateKey.generate()
        self.size, self.root, self.answers = 0, b"", list[tuple[int, bytes]]()
        self.asked: list[bytes] = []
        witness = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = (404, b"") if self.path != "/w/add-checkpoint" else witness.take(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_given: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def key(self) -> str:
        raw = b"\x04" + self._key.public_key().public_bytes_raw()
        key_id = sha256(self.name.encode() + b"\n" + raw).digest()[:4].hex()
        return f"{self.name}+{key_id}+{base64.b64encode(raw).decode()}"

    @property
    def address(self) -> str:
        return f"witness+http://127.0.0.1:{self._server.server_port}/w#{self.key}"

    def take(self, body: bytes) -> tuple[int, bytes]:
        self.asked.append(body)
        if self.answers:
            return self.answers.pop(0)
        head, _, note = body.partition(b"\n\n")
        first, *hashes = head.split(b"\n")
        old = int(first.removeprefix(b"old "))
        if old != self.size:
            return 409, b"%d\n" % self.size
        text = note[: note.index(b"\n\n") + 1]
        _origin, size_line, root_line = text.split(b"\n")[:3]
        size, root = int(size_line), base64.b64decode(root_line)
        if not continues(old, self.root, size, root, [base64.b64decode(one) for one in hashes]):
            return 422, b""
        self.size, self.root = size, root
        return 200, self.cosign(text)

    def cosign(self, text: bytes, stamp: int = 1_800_000_000) -> bytes:
        signature = self._key.sign(b"cosignature/v1\ntime %d\n" % stamp + text)
        raw = bytes.fromhex(self.key.split("+")[1]) + stamp.to_bytes(8, "big") + signature
        return f"\u2014 {self.name} {base64.b64encode(raw).decode()}\n".encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def continues(old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162 section 2.1.4.2, as it stands there."""
    if old == 0:
        return not proof
    if old == new:
        return not proof and old_root == new_root
    if old > new or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == old_root and sr == new_root and sn == 0


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
