"""Find and remove personal data in call transcripts, in Chinese and English, written and spoken.

redact(transcript: Transcript, known: KnownValues | None = None, policy: Policy | None = None) -> Redaction
    Redaction.transcript: Transcript   redacted in every form: text, words, nbest, forms
    Redaction.spans: tuple[Span, ...]  offsets in code points of the original turn texts
    Redaction.sound: tuple[SoundSpan, ...]
residual_scan(original: Transcript, redaction: Redaction, known: KnownValues | None = None) -> None
    raises ResidualFound
LiveRedactor(known: KnownValues | None = None, policy: Policy | None = None)
    .feed(turn: Turn) -> list[Update]; .close() -> list[Update]
    Update(turn: int, text: str, spans: tuple[Span, ...], final: bool)
"""

from ._errors import InvalidPolicy, InvalidTranscript, RedactError, ResidualFound
from ._known import KnownValues
from ._policy import Operator, Policy
from ._redact import Redaction, redact
from ._residual import residual_scan
from ._spans import CARD_AUTHENTICATION, EntityType, SoundSpan, Span
from ._transcript import Transcript, Turn, Word

__all__ = [
    "CARD_AUTHENTICATION",
    "EntityType",
    "InvalidPolicy",
    "InvalidTranscript",
    "KnownValues",
    "Operator",
    "Policy",
    "RedactError",
    "Redaction",
    "ResidualFound",
    "SoundSpan",
    "Span",
    "Transcript",
    "Turn",
    "Word",
    "redact",
    "residual_scan",
]
