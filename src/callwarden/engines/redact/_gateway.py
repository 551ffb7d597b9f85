"""The way of a text to a language model and back: values go out as tokens, and come back from the vault."""

from __future__ import annotations

from collections.abc import Collection

from ._known import KnownValues
from ._policy import Operator, Policy
from ._redact import Redaction, redact
from ._spans import EntityType
from ._transcript import Transcript
from ._vault import Vault


def pseudonymise(
    transcript: Transcript,
    known: KnownValues | None = None,
    *,
    vault: Vault | None = None,
    keep: Collection[EntityType] = (),
) -> Redaction:
    """Replace every value by a token that `restore` turns back, so that a language model sees no value.

    The same person or number has the same token in all turns. Card security codes, PINs and track data are dropped:
    nothing brings them back.

    Args:
        transcript: what would be sent, in turns; a single text is a transcript of one turn.
        known: values of the customer record.
        vault: of the turns before, in the same conversation; its tokens are used again, and stay where they stand.
        keep: kinds that stay readable.

    Returns:
        The redaction; its ``vault`` holds the values and must be sealed.

    Raises:
        ResidualFound: a value would remain; nothing may be sent.
        InvalidPolicy: ``keep`` names card authentication data.
    """
    policy = Policy(dict.fromkeys(keep, Operator.KEEP), default=Operator.TOKEN)
    return redact(transcript, known, policy, vault=vault)
