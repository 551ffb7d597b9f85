"""The tree of failures. No error carries text of a transcript: only codes, positions and counts."""

from __future__ import annotations

from collections.abc import Mapping


class RedactError(Exception):
    """Base of every error of this engine: a stable ``code`` and ``data`` that are safe to log and to show."""

    def __init__(self, code: str, message: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.data: dict[str, object] = dict(data or {})


class InvalidTranscript(RedactError):
    """The input is not a transcript. ``data["at"]`` is a path such as ``turns[3].words[0].start_ms``."""

    def __init__(self, code: str, data: Mapping[str, object] | None = None) -> None:
        place = (data or {}).get("at", "transcript")
        super().__init__(code, f"The transcript cannot be read at {place}: {code.replace('_', ' ')}.", data)


class InvalidPolicy(RedactError):
    """The policy asks for something that is not allowed, such as a reversible operator for a card security code."""

    def __init__(self, code: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(code, f"The redaction policy is refused: {code.replace('_', ' ')}.", data)


class ResidualFound(RedactError):
    """Something that was removed is still readable in the output. The output must not be published.

    Counts ``digits`` (places where four removed digits stand in a row) and ``values`` (removed known values), also in
    ``data``.
    """

    def __init__(self, digits: int, values: int) -> None:
        super().__init__(
            "residual_found",
            f"Redaction is not complete: {digits} digit runs and {values} known values remain. Nothing was released.",
            {"digits": digits, "values": values},
        )
        self.digits, self.values = digits, values


class CorrectionRefused(RedactError):
    """A correction that cannot be made. ``code`` says why, ``data`` where; the message says what to do instead."""

    def __init__(self, code: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(code, _INSTEAD[code], data)


_INSTEAD = {
    "out_of_range": "These words are not in this version. Open the call again and choose them anew.",
    "not_in_text": "The text of this turn has none of these words. Choose the place in the text.",
    "nothing_to_hide": "There is nothing but spaces and punctuation there. Choose words or digits.",
    "hidden_already": "Part of this is hidden already. Choose only words that can still be read.",
    "kept_by_policy": "The policy of redaction keeps this kind readable. Choose another kind, or change the policy.",
    "no_such_span": "This version has no such mark. Open the call again and choose it anew.",
    "dropped_is_gone": "Security codes, PINs and track data of cards were dropped: nobody can bring them back.",
    "hidden_elsewhere": "The same digits stay hidden elsewhere in the call. Choose these marks together.",
    "hidden_more_elsewhere": "In another form of these words more is hidden, so this cannot be given back.",
}
