"""Blind indexes: equality look-ups over sealed columns by keyed tokens."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from cryptography.hazmat.primitives import hmac

from callwarden.engines.seal._encoding import pack, text
from callwarden.engines.seal._suite import KEY_BYTES, Key, derive

LABEL = b"callwarden.seal.index.1"
TOKEN_BYTES = 32
PREPARED_COLUMNS = 256


class BlindIndex:
    """Makes tokens under one index key, which must serve nothing else.

    A token is HMAC (HMAC-SHA-256 or HMAC-SM3, RFC 2104) of the value under a key derived for client and column, so
    equal values in two columns or under two clients cannot be matched. Within a column equality and frequency show:
    use it for identifiers, never for columns with few values. Whoever holds the key can test guesses. Not thread-safe.
    """

    def __init__(self, key: Key) -> None:
        self._key = key
        self._prepared: OrderedDict[tuple[str, str], hmac.HMAC] = OrderedDict()

    def token(self, client: str, column: str, normalised_value: str) -> bytes:
        """The 32-byte token of a value. Normalise first (see `callwarden.engines.seal.normalise`).

        Raises:
            InvalidInput: an empty client or column, or a value that is empty or not valid Unicode.
        """
        mac = self._column(client, column).copy()
        mac.update(text(normalised_value, "value"))
        return mac.finalize()

    def tokens(self, client: str, column: str, normalised_values: Iterable[str]) -> list[bytes]:
        """`token` of each value, in order; for search terms."""
        return [self.token(client, column, value) for value in normalised_values]

    def _column(self, client: str, column: str) -> hmac.HMAC:
        name = (client, column)
        prepared = self._prepared.get(name)
        if prepared is None:
            info = pack(LABEL, bytes([self._key.suite.value]), text(client, "client"), text(column, "column"))
            secret = derive(self._key.suite, self._key.raw, salt=b"", info=info, length=KEY_BYTES)
            prepared = hmac.HMAC(secret, self._key.suite.hash())
            self._prepared[name] = prepared
            if len(self._prepared) > PREPARED_COLUMNS:
                self._prepared.popitem(last=False)
        return prepared
