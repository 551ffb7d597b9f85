"""A call in, what may be read of it out."""

from __future__ import annotations

from callwarden.engines.redact import EntityType, KnownValues, Policy, Redaction, Transcript, Turn, redact

Lines = list[tuple[str, str]]


def call(lines: Lines) -> Transcript:
    return Transcript("call", tuple(Turn(speaker, text) for speaker, text in lines))


def redacted(lines: Lines, known: KnownValues | None = None, policy: Policy | None = None) -> list[str]:
    return [turn.text for turn in redact(call(lines), known, policy).transcript.turns]


def said(text: str, speaker: str = "customer", known: KnownValues | None = None) -> str:
    """What is left of one turn."""
    return redacted([(speaker, text)], known)[0]


def types(result: Redaction) -> list[EntityType]:
    return [span.type for span in result.spans]


def kinds(text: str, speaker: str = "customer") -> list[str]:
    return [span.type.value for span in redact(call([(speaker, text)])).spans]
