"""Find and remove personal data in call transcripts, in Chinese and English, written and spoken.

Speech recognition writes numbers as words, breaks them over turns and speakers, and offers the same speech in several
forms. This engine decides once per call what is personal and removes it from every form and, as times, from the sound.

    >>> from callwarden.engines.redact import Transcript, redact
    >>> call = Transcript.from_json({
    ...     "id": "1",
    ...     "turns": [
    ...         {"speaker": "agent", "text": "what number can i reach you at"},
    ...         {"speaker": "customer", "text": "four one five triple five"},
    ...         {"speaker": "agent", "text": "mm hmm"},
    ...         {"speaker": "customer", "text": "oh one nine nine, 我叫王小明"},
    ...     ],
    ... })
    >>> [turn.text for turn in redact(call).transcript.turns][1:]
    ['[PHONE]', 'mm hmm', '[PHONE], 我叫[PERSON]']

`redact` takes a `Transcript`, the `KnownValues` of the customer record and a `Policy`; it gives a `Redaction` with the
redacted transcript, the `Span`s in code points of the original texts (places and reasons, never values) and the
`SoundSpan`s to mute. `LiveRedactor` does the same while the call is spoken: it masks first and releases what turns out
harmless. `residual_scan` looks again at a finished output; `redact` runs it and raises `ResidualFound` rather than
return an output in which four removed digits stand in a row.

Promised: a run of seven digits or more that nothing explains is removed, in every written and spoken form; a failed
check digit never releases digits; no error, span or ``repr`` carries text of a call; it needs no network and no file.

For a language model values become tokens, which the vault of the same call turns back:

    >>> from callwarden.engines.redact import Turn, identifiers, pseudonymise, restore
    >>> sent = pseudonymise(Transcript("2", (Turn("customer", "this is john smith, call me at 415 555 0199"),)))
    >>> answer = f"Dear {next(iter(sent.vault.values))}, we will call."
    >>> restore(answer, sent.vault).text
    'Dear john smith, we will call.'

Who is spoken of can be looked up, and nothing of it is kept: `identifiers` writes what spans hold as candidates.

    >>> said = Transcript("3", (Turn("agent", "她的电话是幺三九 幺二三四 五六七八"),))
    >>> "13912345678" in identifiers(said, redact(said).spans).numbers
    True

A reviewer's `Hide` and `Show` are carried out by `corrected`, in every form and in the sound; it refuses, and says what
to do instead, where a place is not there, is hidden already, or was dropped for good.

A turn with `doubts` (the recogniser was unsure, or went round in circles) may hide anything: `doubtful` gives its
sound, to be muted beside the rest.

A service hotline that says what it is (客服热线 400..., toll free 800...) is explained and stays.

Not promised: that every name and address is found. Names outside the customer record are found by cue, by title, as
answers and by lists; a rare name that nothing announces stays. Numbers below seven digits go only when a cue, a
question or the same digits elsewhere call for it.
"""

from ._correct import Hide, Moves, Show, carried, corrected, readable, reads_as, shape_of
from ._doubtful import DOUBTFUL, doubtful
from ._errors import CorrectionRefused, InvalidPolicy, InvalidTranscript, RedactError, ResidualFound
from ._evidence import REVIEWER, Evidence, evidence_of
from ._gateway import pseudonymise
from ._identifiers import Identifiers, identifiers
from ._known import KnownValues
from ._live import LiveRedactor, Update
from ._policy import HashAlgorithm, Operator, Policy
from ._redact import Redaction, redact
from ._residual import residual_scan
from ._restore import Restored, Restorer, restore
from ._spans import CARD_AUTHENTICATION, EntityType, SoundSpan, Span
from ._transcript import Transcript, Turn, Word
from ._vault import Vault, VaultFull, VaultUnreadable, kind_of

__all__ = [
    "CARD_AUTHENTICATION",
    "DOUBTFUL",
    "REVIEWER",
    "CorrectionRefused",
    "EntityType",
    "Evidence",
    "HashAlgorithm",
    "Hide",
    "Identifiers",
    "InvalidPolicy",
    "InvalidTranscript",
    "KnownValues",
    "LiveRedactor",
    "Moves",
    "Operator",
    "Policy",
    "RedactError",
    "Redaction",
    "ResidualFound",
    "Restored",
    "Restorer",
    "Show",
    "SoundSpan",
    "Span",
    "Transcript",
    "Turn",
    "Update",
    "Vault",
    "VaultFull",
    "VaultUnreadable",
    "Word",
    "carried",
    "corrected",
    "doubtful",
    "evidence_of",
    "identifiers",
    "kind_of",
    "pseudonymise",
    "readable",
    "reads_as",
    "redact",
    "residual_scan",
    "restore",
    "shape_of",
]
