"""The redactor on labelled calls made up here, and its pace.

Figures: recall (every letter and digit of a value removed) and precision on the generator's calls in both languages,
the share of other characters removed; megabytes of text a second of processor time through `redact` (values stand far
denser there than in real calls) and that pace as a share of what the gate alone reaches; 99th percentile of the
milliseconds one turn takes alone and live, with the whole window looked at again.

Sets that may not be shipped have benchmarks of their own: ``crosswoz``, ``dstc10``, ``natcs``, ``presidio_research``.
Presidio is not a dependency: where it is installed, ``vs_presidio_no_ner`` compares both on the same texts.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from bench._limits import to_limits
from callwarden.engines.redact import LiveRedactor, Transcript, Turn, redact
from callwarden.engines.redact._fold import fold
from callwarden.engines.redact._gate import default_gate
from callwarden.engines.redact.evaluation import LANGUAGES, LabelledCall, evaluate, generate

SEED = 61
CALLS = 400
ROUNDS = 3


def run(progress: Callable[[str], None]) -> dict[str, float]:
    figures: dict[str, float] = {}
    made: list[LabelledCall] = []
    for language in LANGUAGES:
        progress(f"calls in {language}")
        calls = list(generate(SEED, CALLS, language))
        score = evaluate(calls)
        figures[f"recall_{language}"] = score.recall()
        figures[f"precision_{language}"] = score.precision()
        figures[f"over_redaction_{language}"] = score.over_redaction
        figures[f"leak_rate_{language}"] = score.leak_rate
        made += calls
    progress("pace")
    transcripts = [call.transcript() for call in made]
    texts = [text for call in made for text in call.texts]
    size = sum(len(text.encode()) for text in texts)
    seconds = _best(lambda: _each(redact, transcripts))
    figures["mb_per_s"] = size / seconds / 1e6
    gate = default_gate()
    figures["share_of_gate"] = _best(lambda: _each(lambda text: gate.signs(fold(text)), texts)) / seconds
    progress("turns")
    figures["p99_ms_turn"] = _p99(_alone(texts))
    figures["p99_ms_turn_live"] = _p99(_live(made[:CALLS:4] + made[CALLS::4]))
    if importlib.util.find_spec("presidio_analyzer") is None:
        print("redact: vs_presidio_no_ner not measured (presidio-analyzer is not installed)", file=sys.stderr)
    else:
        progress("presidio")
        figures["vs_presidio_no_ner"] = figures["mb_per_s"] / _presidio([text for text in texts if text.isascii()])
    limits = {"mb_per_s": 5, "share_of_gate": 0.10, "vs_presidio_no_ner": 20}
    return figures | to_limits(figures, at_least=limits, at_most={"p99_ms_turn": 2})


def _each(work: Callable[[Any], object], items: Iterable[Any]) -> None:
    for item in items:
        work(item)


def _best(work: Callable[[], None]) -> float:
    """Seconds of processor time of the fastest round."""
    seconds = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return min(seconds)


def _alone(texts: Iterable[str]) -> Iterable[float]:
    for text in texts:
        begin = time.process_time()
        redact(Transcript("", (Turn("customer", text),)))
        yield time.process_time() - begin


def _live(calls: Iterable[LabelledCall]) -> Iterable[float]:
    for call in calls:
        redactor = LiveRedactor()
        for speaker, text in call.turns:
            begin = time.process_time()
            redactor.feed(Turn(speaker, text))
            yield time.process_time() - begin


def _p99(seconds: Iterable[float]) -> float:
    ordered = sorted(seconds)
    return ordered[int(len(ordered) * 0.99)] * 1000


def _presidio(texts: list[str]) -> float:
    """Megabytes a second of Presidio's recognisers over the English turns, with a blank tokeniser and no model."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    models = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": "blank:en"}]}
    analyzer = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=models).create_engine())
    begin = time.process_time()
    for text in texts:
        analyzer.analyze(text, language="en")
    return sum(len(text.encode()) for text in texts) / (time.process_time() - begin) / 1e6
