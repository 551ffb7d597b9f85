"""`callwarden evaluate`: how much of what must go a redaction removes, and how much of what may stay.

Everything heavy is imported when the command runs.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from callwarden.doors.cli.language import gettext as _
from callwarden.doors.cli.redact import Language, _known, _policy, _shown
from callwarden.doors.cli.redact import _usage as refuse

if TYPE_CHECKING:
    from callwarden.engines.redact.evaluation import Case, Evaluation, Score

DONE, BELOW, INTERRUPTED = 0, 1, 130
_MOST_SHOWN = 400  # missed places of which a report can show the words


class Tongue(StrEnum):
    ZH = "zh"
    EN = "en"
    MIXED = "mixed"


class Scenes(StrEnum):
    EVERYDAY = "everyday"
    WIDE = "wide"


class Level(StrEnum):
    NONE = "none"
    LIGHT = "light"
    HEAVY = "heavy"


def evaluate_command(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help=_("Calls, one JSON object a line, as for redact --jsonl."), show_default=False
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            metavar="GOLD",
            help=_("Labels of the calls by id; without it the labels stand in the calls themselves."),
            show_default=False,
        ),
    ] = None,
    answers: Annotated[
        bool,
        typer.Option(
            "--answers", help=_("FILE holds answers of a redactor; judge these. GOLD holds the calls and their labels.")
        ),
    ] = False,
    corrections: Annotated[
        bool,
        typer.Option(
            "--corrections", help=_("FILE holds cases of reviewers' corrections; count what each rule missed or hid.")
        ),
    ] = False,
    generate: Annotated[
        int | None,
        typer.Option(
            "--generate",
            metavar="N",
            min=1,
            max=1_000_000,
            help=_("Make up N labelled calls for each language."),
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help=_("The same seed makes the same calls."))] = 1,
    language: Annotated[
        list[Tongue] | None,
        typer.Option("--language", help=_("Of made-up calls; may be given several times."), show_default="zh, en"),
    ] = None,
    scenes: Annotated[
        Scenes, typer.Option("--scenes", help=_("Everyday values only, or the wide range."))
    ] = Scenes.WIDE,
    noise: Annotated[Level, typer.Option("--noise", help=_("How badly made-up calls are recognised."))] = Level.LIGHT,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", metavar="FILE", help=_("Write the made-up calls with their labels there."), show_default=False
        ),
    ] = None,
    known: Annotated[
        Path | None,
        typer.Option(
            "--known", metavar="FILE", help=_("JSON: what the customer record knows, by call id."), show_default=False
        ),
    ] = None,
    policy: Annotated[
        str,
        typer.Option("--policy", metavar="NAME|FILE", help=_("all, pci, pipl, gdpr, or a JSON file with operators.")),
    ] = "all",
    policy_key: Annotated[
        Path | None,
        typer.Option(
            "--policy-key",
            metavar="FILE",
            help=_("Secret for the hash operator, 16 bytes or more."),
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="FILE", help=_("Write a page with charts, in one HTML file."), show_default=False
        ),
    ] = None,
    values: Annotated[
        bool,
        typer.Option("--values", help=_("Show the words of missed places in the page. They may be personal data.")),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the figures as one JSON object."))] = False,
    min_recall: Annotated[
        float | None,
        typer.Option("--min-recall", min=0, max=1, help=_("Exit with 1 when less is removed."), show_default=False),
    ] = None,
    max_leak: Annotated[
        float | None,
        typer.Option("--max-leak", min=0, max=1, help=_("Exit with 1 when more leaks."), show_default=False),
    ] = None,
    lang: Annotated[
        Language | None, typer.Option("--lang", help=_("Language of the messages."), show_default=False)
    ] = None,
) -> None:
    """Measure a redaction against labels."""
    if lang is not None:
        os.environ["CALLWARDEN_LANGUAGE"] = lang.value
    if (file is None) == (generate is None):
        _usage(_("Name a FILE of labelled calls, or make calls up with --generate N; not both."))
    if answers and (against is None or generate is not None):
        _usage(_("--answers needs FILE and --against GOLD."))
    if save is not None and generate is None:
        _usage(_("--save goes with --generate."))
    if file is not None:
        for named in filter(None, (file, against)):
            if not named.is_file():
                _usage(_("There is no file {name}.").format(name=_shown(named)))
    if corrections:
        if file is None or against is not None:
            _usage(_("--corrections needs FILE, and no labels."))
        _tell_corrections(file, as_json)
        raise typer.Exit(DONE)
    run = _Run(values=values)
    try:
        if generate is not None:
            tongues = [tongue.value for tongue in language or (Tongue.ZH, Tongue.EN)]
            made = _made(generate, seed, tongues, scenes.value, noise.value, save)
            found = run.measure(made, _policy(policy, policy_key, "evaluate").build(), generate * len(tongues))
        elif answers:
            assert file is not None
            assert against is not None
            found = run.judge(file, against)
        else:
            assert file is not None
            found = run.read(
                file, against, _known(known, "evaluate")[0], _policy(policy, policy_key, "evaluate").build()
            )
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(_tell(found, run, report, as_json, min_recall, max_leak))


command = evaluate_command

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command("evaluate")(evaluate_command)


def _usage(message: str) -> NoReturn:
    refuse(message, "evaluate")


def _tell_corrections(file: Path, as_json: bool) -> None:
    from callwarden.doors.cli import _evaluate_corrections as cases

    try:
        found = cases.count(file)
    except cases.Unreadable as error:
        _usage(_("Line {number} is no case of a correction. Export the cases again.").format(number=error.line))
    except (OSError, UnicodeDecodeError):
        _usage(_("The file cannot be read."))
    if as_json:
        typer.echo(json.dumps(cases.figures(found), ensure_ascii=False))
    else:
        cases.show(found)


def _made(
    count: int, seed: int, languages: list[str], scenes: str, noise: str, save: Path | None
) -> Iterator[tuple[int, Case]]:
    """Made-up calls as cases, written to a file on the way if that was asked for."""
    from callwarden.engines.redact.evaluation import Case, generate, to_json

    try:
        out = save.open("w", encoding="utf-8") if save is not None else None
    except OSError:
        _usage(_("The file for the calls cannot be written."))
    number = 0
    try:
        for language in languages:
            for call in generate(seed, count, language, scenes=scenes, noise=noise, forms=True):
                number += 1
                if out is not None:
                    out.write(json.dumps(to_json(call), ensure_ascii=False) + "\n")
                yield number, Case.of(call)
    finally:
        if out is not None:
            out.close()


class _Run:
    """One evaluation: remembers the lines of the calls, and the words of missed places when they are asked for."""

    def __init__(self, *, values: bool) -> None:
        self.lines: list[int] = []
        self.words: dict[tuple[int, int], str] = {}
        self._values = values
        self._seen = 0

    def read(self, file: Path, gold: Path | None, known: dict[str, Any], policy: Any) -> Evaluation:
        from callwarden.doors.cli._evaluate_cases import Unusable, cases

        try:
            return self.measure(cases(file, gold, known), policy, None)
        except Unusable as error:
            return self._refuse(error)

    def measure(self, cases: Iterator[tuple[int, Case]], policy: Any, total: int | None) -> Evaluation:
        from callwarden.engines.redact.evaluation import measure

        with _progress(total) as step:
            return measure(self._noted(cases, step), policy, watch=self._watch)

    def judge(self, file: Path, gold: Path) -> Evaluation:
        from callwarden.doors.cli._evaluate_cases import Unusable, answers
        from callwarden.engines.redact.evaluation import judge

        refused: list[tuple[int, str]] = []

        def usable() -> Iterator[Any]:
            for answer in answers(file, gold):
                if len(answer) == 2:
                    refused.append((answer[0] - 1, answer[1]))
                    continue
                line, case, spans, redacted = answer
                self.lines.append(line)
                yield case, spans, redacted

        try:
            found = judge(usable(), watch=self._watch)
        except Unusable as error:
            return self._refuse(error)
        found.failed = refused
        return found

    def _noted(self, cases: Iterator[tuple[int, Case]], step: Any) -> Iterator[Case]:
        for line, case in cases:
            self.lines.append(line)
            step()
            yield case

    def _watch(self, number: int, case: Case, score: Score) -> None:
        if self._values:
            for place in score.misses[self._seen : _MOST_SHOWN]:
                self.words[number, place[1].turn] = case.transcript.turns[place[1].turn].text
        self._seen = len(score.misses)

    def _refuse(self, error: Any) -> Evaluation:
        from callwarden.doors.cli._evaluate_screen import told

        _usage(told(error))


def _progress(total: int | None) -> Any:
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    @contextmanager
    def shown() -> Iterator[Any]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
            task = progress.add_task(_("Evaluating"), total=total)
            yield lambda: progress.advance(task)

    return shown()


def _tell(
    found: Evaluation, run: _Run, report: Path | None, as_json: bool, min_recall: float | None, max_leak: float | None
) -> int:
    """Print the figures, write the page, and give the exit code."""
    from callwarden.doors.cli import _evaluate_report, _evaluate_screen
    from callwarden.doors.cli._evaluate_figures import figures
    from callwarden.doors.cli.language import language

    score = found.score
    if not score.calls and not found.failed:
        _usage(_("There are no calls in the file."))
    if as_json:
        typer.echo(json.dumps(figures(found), ensure_ascii=False))
    else:
        _evaluate_screen.show(found)
    if report is not None:
        try:
            report.write_text(_evaluate_report.page(found, run.lines, run.words, language()), encoding="utf-8")
        except OSError:
            _usage(_("The page cannot be written."))
        typer.echo(_("The page is in {name}.").format(name=_shown(report)), err=True)
    below = (min_recall is not None and score.recall() < min_recall) or (
        max_leak is not None and score.leak_rate > max_leak
    )
    if below:
        typer.echo(_("The figures are outside the limits that were asked for."), err=True)
    return BELOW if below or found.failed else DONE
