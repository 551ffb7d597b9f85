"""Search over redacted text by keyed tokens: Latin words and Chinese bigrams, so that 投诉 finds 客户投诉坐席.

The index knows no word, only HMAC tokens under the client's own key; what it returns are ids, joined to rows that
row-level security protects. Erasing a record deletes its tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Record, SearchToken
from callwarden.kernel import clock

TOKEN_BYTES = 16
MAX_TOKENS = 20_000
BATCH = 5_000
_COLUMN = "search"
# As the keeper reads the end of a bucket's week.
_A_DAY = timedelta(days=1)
_TAG = re.compile(r"\[[A-Z_]+(?:_\d+)?(?::[^\]]*)?\]|\*{2,}")
_LATIN = re.compile(r"[a-z0-9à-öø-ÿ][a-z0-9à-öø-ÿ'’-]*")
_HAN = re.compile(r"[㐀-䶿一-鿿]+")


def words_of(text: str) -> set[str]:
    """The searchable units of a text. Marks of redaction are none; a lone Han character is one.

    >>> sorted(words_of("客户投诉 The CALLER [PHONE] complained"))
    ['caller', 'complained', 'the', '客户', '户投', '投诉']
    """
    folded = _TAG.sub(" ", text).casefold()
    units = set(_LATIN.findall(folded))
    for run in _HAN.findall(folded):
        units.update(run[at : at + 2] for at in range(len(run) - 1))
        if len(run) == 1:
            units.add(run)
    return units


def index_words(record: Record, texts: Iterable[str]) -> int:
    """Index a redacted transcript. Call it inside `client_scope`. Returns how many tokens that made."""
    units = sorted({unit for text in texts for unit in words_of(text)})[:MAX_TOKENS]
    made = 0
    for start in range(0, len(units), BATCH):
        tokens = keeper.tokens(record.client_id, _COLUMN, units[start : start + BATCH], size=TOKEN_BYTES)
        SearchToken.objects.bulk_create(
            (SearchToken(client_id=record.client_id, record=record, token=token) for token in tokens), batch_size=2000
        )
        made += len(tokens)
    return made


def find(client: UUID, query: str, *, restricted: bool = False) -> list[UUID]:
    """Ids of the records whose redacted text holds every unit of the query. Call it inside `client_scope`.

    The query itself is never stored; only tokens of it are compared. What could not be opened is not found either:
    that a word fell in it would be told all the same. Its tokens outlive a bucket's key until they are cleared away.

    Args:
        restricted: also records whose processing is restricted, for purposes that may go on with them.
    """
    units = sorted(words_of(query))
    if not units:
        return []
    tokens = keeper.tokens(client, _COLUMN, units, size=TOKEN_BYTES)
    found: set[UUID] | None = None
    for token in tokens:
        ids = set(SearchToken.objects.filter(token=token).values_list("record_id", flat=True))
        found = ids if found is None else found & ids
        if not found:
            return []
    states = [Record.State.STORED, Record.State.RESTRICTED] if restricted else [Record.State.STORED]
    open_still = Q(bucket__hold=True) | Q(due_at__gt=clock.now(), bucket__expires_on__gte=clock.now().date() - _A_DAY)
    readable = Record.objects.filter(open_still, state__in=states, bucket__destroyed_at__isnull=True)
    return list(readable.filter(id__in=found or ()).values_list("id", flat=True))
