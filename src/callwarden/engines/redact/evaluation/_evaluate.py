"""Redacting labelled calls, counting and timing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from .._errors import RedactError
from .._known import KnownValues
from .._policy import Policy
from .._redact import redact
from .._residual import strings
from .._spans import SoundSpan
from .._transcript import Transcript
from ._score import TEXT, Gold, Removed, Score
from ._writer import LabelledCall


@dataclass(frozen=True)
class Case:
    """One labelled call as a user has it.

    Args:
        transcript: the call before redaction.
        gold: what must go, in any of its forms.
        known: values of the customer record.
        language: for figures by language; empty when unknown.
    """

    transcript: Transcript
    gold: Sequence[Gold]
    known: KnownValues | None = None
    language: str = ""

    @classmethod
    def of(cls, call: LabelledCall) -> Case:
        """A made-up call as a case."""
        return cls(call.transcript(), (*call.gold, *call.form_gold), None, call.language)


@dataclass
class Pace:
    """How fast calls were redacted, on one core, with the residual scan.

    Attributes:
        seconds: processor time of each call.
        turns: turns of each call.
        characters, octets: of the text of all turns in every form.
    """

    seconds: list[float] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    characters: int = 0
    octets: int = 0

    def add(self, transcript: Transcript, seconds: float) -> None:
        self.seconds.append(seconds)
        self.turns.append(len(transcript.turns))
        texts = [text for turn in transcript.turns for text in strings(turn)]
        self.characters += sum(map(len, texts))
        self.octets += sum(len(text.encode()) for text in texts)

    @property
    def megabytes_a_second(self) -> float:
        return self.octets / sum(self.seconds) / 1e6 if self.seconds else 0.0

    @property
    def characters_a_second(self) -> float:
        return self.characters / sum(self.seconds) if self.seconds else 0.0

    def milliseconds_a_turn(self, share: float) -> float:
        """The given quantile (0..1) over calls of the mean milliseconds a turn of that call took."""
        each = sorted(second / turns * 1000 for second, turns in zip(self.seconds, self.turns, strict=True) if turns)
        return each[min(len(each) - 1, int(len(each) * share))] if each else 0.0


@dataclass
class Evaluation:
    """What a run over labelled calls found.

    Attributes:
        score: over all calls.
        by_language: the same for each language of the calls.
        pace: None when answers of another run were judged.
        failed: numbers of the calls that were refused, with the code of the refusal.
    """

    score: Score = field(default_factory=Score)
    by_language: dict[str, Score] = field(default_factory=dict)
    pace: Pace | None = None
    failed: list[tuple[int, str]] = field(default_factory=list)

    def count(
        self,
        number: int,
        case: Case,
        spans: Sequence[Removed],
        redacted: Transcript | None,
        sound: Sequence[SoundSpan] = (),
    ) -> None:
        """Take one redacted case into the scores."""
        texts = [turn.text for turn in case.transcript.turns]
        in_text = [value for value in case.gold if value.form == TEXT]
        for score in (self.score, self.by_language.setdefault(case.language, Score())):
            score.add(texts, in_text, spans, number)
            if redacted is not None:
                score.add_output(case.transcript, case.gold, redacted, sound)


def evaluate(calls: Iterable[LabelledCall]) -> Score:
    """The score of the engine, without known values, over the texts of labelled calls."""
    score = Score()
    for call in calls:
        score.add(call.texts, call.gold, redact(call.transcript()).spans)
    return score


def measure(
    cases: Iterable[Case], policy: Policy | None = None, *, watch: Callable[[int, Case, Score], None] | None = None
) -> Evaluation:
    """Redact every case, count what was missed in every form and in the sound, and time it.

    Args:
        cases: labelled calls; those that the engine refuses are counted as failed.
        policy: of the redaction.
        watch: told after each case its number, the case, and the score so far.
    """
    pace = Pace()
    found = Evaluation(pace=pace)
    for number, case in enumerate(cases):
        begin = time.process_time()
        try:
            redaction = redact(case.transcript, case.known, policy)
        except RedactError as error:
            found.failed.append((number, error.code))
            continue
        pace.add(case.transcript, time.process_time() - begin)
        found.count(number, case, redaction.spans, redaction.transcript, redaction.sound)
        if watch is not None:
            watch(number, case, found.score)
    return found


def judge(
    answers: Iterable[tuple[Case, Sequence[Removed], Transcript | None]],
    *,
    watch: Callable[[int, Case, Score], None] | None = None,
) -> Evaluation:
    """Count what another run, or another redactor, removed.

    Args:
        answers: each case with the places that were removed from its texts, and the redacted call where there is one.
        watch: as in `measure`.
    """
    found = Evaluation()
    for number, (case, spans, redacted) in enumerate(answers):
        found.count(number, case, spans, redacted)
        if watch is not None:
            watch(number, case, found.score)
    return found
