"""A C2SP witness: it signs our head after it has checked that the head continues all it has signed before.

Source: C2SP tlog-witness v1.0.0 (`add-checkpoint`). Answers: 200 signature lines; 409 the size it knows; 422 the proof
does not hold; 404 it does not know this log; 403 our signature is not one it trusts.
"""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import ClassVar

from callwarden.custody.ledger.sinks.interface import PATIENCE, Head, Sent, SinkFailed
from callwarden.engines.ledger import LedgerError, TreeView, Witness, cosignature_in

LONGEST_ANSWER = 64 * 1024


class WitnessSink:
    """Has each head cosigned.

    Args:
        url: where the witness answers; `add-checkpoint` is appended.
        key: its verification key; an answer that does not verify by it counts as none.
        view: the tree whose head stands at a position, to prove consistency from.
    """

    kind: ClassVar[str] = "witness"

    def __init__(
        self, name: str, url: str, key: Witness, *, view: Callable[[int], TreeView], every: float = 0.0
    ) -> None:
        self.name, self.every = name, every
        self._url, self._key, self._view = f"{url.rstrip('/')}/add-checkpoint", key, view

    def send(self, head: Head) -> Sent:
        status, answer = self._ask(head, max(0, head.taken - head.first))
        if status == 409:
            known = self._size_in(answer)
            if known > head.size - head.first:
                # It has seen more of this log than there is: something was taken back here.
                raise SinkFailed("knows_a_longer_log", refused=True)
            status, answer = self._ask(head, known)
        if status == 200:
            try:
                line, _stamp = cosignature_in(answer, head.note, self._key)
            except LedgerError:
                raise SinkFailed("cosignature_wrong", refused=True) from None
            return Sent(head.size, cosignature=line, witness=self._key.name)
        if status == 422:
            raise SinkFailed("not_a_continuation", refused=True)
        if status in {403, 404}:
            raise SinkFailed("log_unknown_there" if status == 404 else "signature_unknown_there", refused=True)
        raise SinkFailed("conflict" if status == 409 else "answered_with_an_error")

    def _ask(self, head: Head, known: int) -> tuple[int, bytes]:
        try:
            hashes = self._view(head.size).consistency_proof(known)
        except LedgerError:
            raise SinkFailed("no_proof", refused=True) from None
        lines = [f"old {known}", *(base64.b64encode(value).decode() for value in hashes), "", ""]
        body = "\n".join(lines).encode() + head.note
        request = urllib.request.Request(self._url, data=body, method="POST")  # noqa: S310 (http only on this machine)
        request.add_header("Content-Type", "text/plain; charset=utf-8")
        try:
            with _opener.open(request, timeout=PATIENCE) as answer:
                return int(answer.status), bytes(answer.read(LONGEST_ANSWER))
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read(LONGEST_ANSWER)
        except (OSError, ValueError):
            raise SinkFailed("no_connection") from None

    @staticmethod
    def _size_in(answer: bytes) -> int:
        text = answer.strip()
        if not text.isdigit() or len(text) > 18:
            raise SinkFailed("conflict")
        return int(text)


class _Straight(urllib.request.HTTPRedirectHandler):
    """A witness that answers with another address is not asked there."""

    def redirect_request(self, *_given: object) -> None:
        return None


_opener = urllib.request.build_opener(_Straight, urllib.request.ProxyHandler({}))
