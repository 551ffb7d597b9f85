"""The page of an evaluation: one HTML file with everything in it, in both languages, without a script.

It holds counts, shares and places. Words of a call stand in it only when they were asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib import resources

from callwarden import __version__
from callwarden.doors.cli import _evaluate_charts as charts
from callwarden.doors.cli._evaluate_screen import share
from callwarden.doors.cli.language import CHINESE, catalogue, gettext_noop
from callwarden.engines.redact.evaluation import Evaluation, Gold, Pace, Score, interval

_MOST_PLACES = 200
_MANNERS = {
    "written": gettext_noop("written"),
    "spoken": gettext_noop("spoken"),
    "half-written": gettext_noop("half written"),
    "misheard": gettext_noop("misheard"),
    "grouped": gettext_noop("in groups"),
    "parts": gettext_noop("over turns"),
    "corrected": gettext_noop("corrected"),
    "echo": gettext_noop("repeated"),
    "spelled": gettext_noop("spelled"),
    "": gettext_noop("other"),
}
_FORMS = {
    "words": gettext_noop("words with times"),
    "itn": gettext_noop("numbers written out"),
    "nbest": gettext_noop("second hypothesis"),
}


def _chinese(message: str) -> str:
    return catalogue(CHINESE).gettext(message)


def _both(message: str, **values: object) -> str:
    """A marked message in both languages, one of which the page hides; values are escaped."""
    shown = {name: escape(str(value)) for name, value in values.items()}
    texts = (("en", message), ("zh-Hans", _chinese(message)))
    return "".join(f'<span lang="{code}">{escape(text).format(**shown)}</span>' for code, text in texts)


def _title(message: str, **values: object) -> str:
    """A marked message for a screen reader, which knows no hidden half."""
    return f"{message.format(**values)} · {_chinese(message).format(**values)}"


def page(found: Evaluation, lines: Sequence[int], words: Mapping[tuple[int, int], str], language: str) -> str:
    """The page.

    Args:
        found: what was measured.
        lines: line of each call in its file.
        words: text of turns in which something was missed, by call and turn; empty unless it was asked for.
        language: the one shown first.
    """
    score = found.score
    parts = [
        _tiles(score, found.pace, len(found.failed)),
        _by_type(score),
        _by_manner(score),
        _by_language(found.by_language),
        _forms_and_sound(score),
        _kinds(score),
        _speed(found.pace),
        _places(gettext_noop("Where something was missed"), score.misses, lines, words),
        _places(gettext_noop("Where something was removed that was no value"), score.surplus, lines, {}),
        _limits(),
    ]
    style = resources.files("callwarden.doors.cli").joinpath("evaluate.css").read_text("utf-8")
    chosen = {code: " checked" if (code == "zh") == (language == CHINESE) else "" for code in ("en", "zh")}
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    head = _both(
        gettext_noop("{calls} calls, {values} labelled values. Callwarden {version}, {when}."),
        calls=f"{score.calls:,}",
        values=f"{score.gold.total():,}",
        version=__version__,
        when=when,
    )
    return (
        f'<!doctype html>\n<html lang="{"zh-Hans" if language == CHINESE else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_title(gettext_noop('Evaluation of a redaction'))}</title><style>{style}</style></head><body>"
        f'<fieldset class="tongues"><legend class="unseen">Language · 语言</legend>'
        f'<input type="radio" name="tongue" id="en"{chosen["en"]}><label for="en">English</label>'
        f'<input type="radio" name="tongue" id="zh"{chosen["zh"]}><label for="zh">中文</label></fieldset>'
        f"<main><header><h1>{_both(gettext_noop('Evaluation of a redaction'))}</h1><p>{head}</p></header>"
        f"{''.join(filter(None, parts))}</main></body></html>\n"
    )


def _section(heading: str, body: str, note: str = "") -> str:
    return f"<section><h2>{_both(heading)}</h2>{f'<p>{_both(note)}</p>' if note else ''}{body}</section>"


def _table(head: str, body: str, kind: str = "") -> str:
    """A table that scrolls sideways where the screen is narrow."""
    return (
        f'<div class="wide" tabindex="0"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _tiles(score: Score, pace: Pace | None, failed: int) -> str:
    low, high = interval(score.covered.total(), score.gold.total())
    tiles = [
        (
            gettext_noop("Leak rate"),
            share(score.leak_rate),
            gettext_noop("values of which four signs in a row can still be read"),
            "good" if score.leak_rate <= 0.03 else "poor",
        ),
        (
            gettext_noop("Recall"),
            share(score.recall()),
            gettext_noop("values wholly removed; 95 % interval {low} to {high}"),
            "good" if score.recall() >= 0.97 else "poor",
        ),
        (
            gettext_noop("Precision"),
            share(score.precision()),
            gettext_noop("removed places that were values"),
            "good" if score.precision() >= 0.95 else "poor",
        ),
        (
            gettext_noop("Over-redaction"),
            share(score.over_redaction),
            gettext_noop("of all other characters removed"),
            "good" if score.over_redaction <= 0.01 else "poor",
        ),
        (
            gettext_noop("Clean calls"),
            share(score.clean / score.calls if score.calls else 1.0),
            gettext_noop("calls in which nothing leaks"),
            "plain",
        ),
    ]
    if failed:
        tiles.append(
            (gettext_noop("Refused"), f"{failed:,}", gettext_noop("calls that were not redacted at all"), "poor")
        )
    if pace is not None:
        tiles.append(
            (
                gettext_noop("Speed"),
                f"{pace.characters_a_second:,.0f}",
                gettext_noop("characters a second on one core"),
                "plain",
            )
        )
    shown = "".join(
        f'<li class="{kind}"><h3>{_both(name)}</h3><strong>{escape(value)}</strong>'
        f"<p>{_both(told, low=share(low), high=share(high))}</p></li>"
        for name, value, told, kind in tiles
    )
    note = _both(
        gettext_noop("A line is green from recall 97 %, precision 95 %, leaks and over-redaction below 3 % and 1 %.")
    )
    return f'<ul class="tiles">{shown}</ul><p class="note">{note}</p>'


def _by_type(score: Score) -> str:
    kinds = sorted(score.gold, key=lambda kind: (score.recall(kind), -score.gold[kind]))
    if not kinds:
        return ""
    lowest = min(
        [score.recall(kind) for kind in kinds] + [score.precision(kind) for kind in kinds if score.spans[kind]]
    )
    low = next(start for start in (0.8, 0.5, 0.0) if lowest >= start or start == 0.0)
    steps = {0.8: (0.8, 0.85, 0.9, 0.95, 1.0), 0.5: (0.5, 0.6, 0.7, 0.8, 0.9, 1.0), 0.0: (0.0, 0.25, 0.5, 0.75, 1.0)}[
        low
    ]
    rows = "".join(_type_row(score, kind, low, steps) for kind in kinds)
    legend = (
        f'<p class="legend"><i class="recall"></i>{_both(gettext_noop("recall"))}'
        f'<i class="whisker"></i>{_both(gettext_noop("95 % interval"))}'
        f'<i class="precision"></i>{_both(gettext_noop("precision"))}</p>'
    )
    return _section(
        gettext_noop("By kind"),
        f'{legend}<div class="rows"><div class="row head"><span></span>{charts.axis(low, steps)}<span></span></div>'
        f"{rows}</div>",
        gettext_noop("The weakest kinds come first. Few values make a wide interval: read such a line as a hint."),
    )


def _type_row(score: Score, kind: str, low: float, steps: Sequence[float]) -> str:
    total, covered = score.gold[kind], score.covered[kind]
    precision = score.precision(kind) if score.spans[kind] else None
    title = _title(
        gettext_noop("{kind}: recall {recall} of {total} values, precision {precision}"),
        kind=kind,
        recall=share(score.recall(kind)),
        total=total,
        precision=share(precision) if precision is not None else "-",
    )
    bar = charts.recall_bar(score.recall(kind), interval(covered, total), precision, low, steps, title)
    figures = f"<b>{share(score.recall(kind))}</b><small>{covered:,} / {total:,}</small>"
    return f'<div class="row"><span class="kind">{escape(kind)}</span>{bar}<span class="figures">{figures}</span></div>'


def _by_manner(score: Score) -> str:
    manners = [manner for manner in _MANNERS if any(told == manner for _, told in score.told)]
    other = sorted({told for _, told in score.told} - set(_MANNERS))
    if manners in ([], [""]) and not other:
        return ""  # nobody said how the values were told
    columns = manners + other
    kinds = sorted(score.gold, key=lambda kind: -score.gold[kind])
    head = "".join(
        f'<th scope="col">{_both(_MANNERS[name]) if name in _MANNERS else escape(name)}</th>' for name in columns
    )
    body = "".join(
        f'<tr><th scope="row">{escape(kind)}</th>{"".join(_cell(score, kind, name) for name in columns)}</tr>'
        for kind in kinds
    )
    sums = "".join(
        _heat(
            sum(count for (_, told), count in score.told_covered.items() if told == name),
            sum(count for (_, told), count in score.told.items() if told == name),
        )
        for name in columns
    )
    body += f'<tr class="sum"><th scope="row">{_both(gettext_noop("all"))}</th>{sums}</tr>'
    return _section(
        gettext_noop("By manner of telling"),
        _table(f"<th></th>{head}", body, "heat"),
        gettext_noop("Share of values wholly removed, and below it how many there were."),
    )


def _cell(score: Score, kind: str, manner: str) -> str:
    return _heat(score.told_covered[kind, manner], score.told[kind, manner])


def _heat(good: int, total: int) -> str:
    if not total:
        return "<td></td>"
    value = good / total
    level = next(
        level for level, least in ((5, 1.0), (4, 0.97), (3, 0.9), (2, 0.75), (1, 0.5), (0, 0.0)) if value >= least
    )
    return f'<td class="h{level}">{share(value).removesuffix(" %").removesuffix(".0")}<small>{total:,}</small></td>'


def _by_language(scores: Mapping[str, Score]) -> str:
    if len(scores) < 2:
        return ""
    names = {
        "zh": gettext_noop("Chinese"),
        "en": gettext_noop("English"),
        "mixed": gettext_noop("both in one call"),
        "": gettext_noop("not said"),
    }
    head = "".join(
        f'<th scope="col">{_both(name)}</th>'
        for name in (
            gettext_noop("Calls"),
            gettext_noop("Values"),
            gettext_noop("Leak rate"),
            gettext_noop("Recall"),
            gettext_noop("Precision"),
            gettext_noop("Over-redaction"),
            gettext_noop("Clean calls"),
        )
    )
    rows = "".join(
        f'<tr><th scope="row">{_both(names[code]) if code in names else escape(code)}</th>'
        f"<td>{score.calls:,}</td><td>{score.gold.total():,}</td><td>{share(score.leak_rate)}</td>"
        f"<td>{share(score.recall())}</td><td>{share(score.precision())}</td><td>{share(score.over_redaction)}</td>"
        f"<td>{share(score.clean / score.calls)}</td></tr>"
        for code, score in sorted(scores.items())
    )
    return _section(
        gettext_noop("By language"),
        _table(f"<th></th>{head}", rows),
    )


def _forms_and_sound(score: Score) -> str:
    rows = [
        (
            _both(_FORMS[name]) if name in _FORMS else escape(name),
            1 - score.forms_leaked[name] / total,
            f"{total - score.forms_leaked[name]:,} / {total:,}",
        )
        for name, total in sorted(score.forms.items())
    ]
    if score.sound_recall is not None:
        figures = f"{score.heard_muted.total():,} / {score.heard.total():,}"
        rows.append((_both(gettext_noop("silent in the sound plan")), score.sound_recall, figures))
    if not rows:
        return ""
    body = "".join(
        f'<div class="row"><span class="kind plain">{name}</span>{charts.plain_bar(value, "recall", share(value))}'
        f'<span class="figures"><b>{share(value)}</b><small>{figures}</small></span></div>'
        for name, value, figures in rows
    )
    return _section(
        gettext_noop("Other forms, and the sound"),
        f'<div class="rows">{body}</div>',
        gettext_noop(
            "Share of values that can no longer be read in each other form of their turn, and of those whose every "
            "word falls silent."
        ),
    )


def _kinds(score: Score) -> str:
    wrong = Counter({pair: count for pair, count in score.called.items() if pair[0] != pair[1]})
    if not wrong:
        return ""
    rows = "".join(
        f'<tr><td class="kind">{escape(told)}</td><td class="kind">{escape(given)}</td><td>{count:,}</td>'
        f"<td>{share(count / score.gold[told])}</td></tr>"
        for (told, given), count in wrong.most_common(20)
    )
    head = "".join(
        f'<th scope="col">{_both(name)}</th>'
        for name in (
            gettext_noop("Labelled"),
            gettext_noop("Removed as"),
            gettext_noop("Values"),
            gettext_noop("of its kind"),
        )
    )
    return _section(
        gettext_noop("Removed under another name"),
        _table(head, rows),
        gettext_noop("Nothing leaks by this. It matters where a policy treats the two kinds differently."),
    )


def _speed(pace: Pace | None) -> str:
    if pace is None or not pace.seconds:
        return ""
    each = [second / turns * 1000 for second, turns in zip(pace.seconds, pace.turns, strict=True) if turns]
    if not each:
        return ""
    top = max(pace.milliseconds_a_turn(0.995), 1e-3)
    counts = [0] * 40
    for value in each:
        counts[min(39, int(value / top * 40))] += 1
    middle, high = pace.milliseconds_a_turn(0.5), pace.milliseconds_a_turn(0.99)
    marks = [(min(1.0, middle / top), f"50 %: {middle:.2f} ms"), (min(1.0, high / top), f"99 %: {high:.2f} ms")]
    title = _title(
        gettext_noop("Milliseconds a turn: median {middle}, 99th percentile {high}"),
        middle=f"{middle:.2f}",
        high=f"{high:.2f}",
    )
    told = _both(
        gettext_noop("{mb} MB of text a second, {count} characters a second, with the check of the finished output."),
        mb=f"{pace.megabytes_a_second:,.3g}",
        count=f"{pace.characters_a_second:,.0f}",
    )
    return _section(
        gettext_noop("Pace"),
        f"{charts.histogram(counts, marks, title)}<p>{told}</p>",
        gettext_noop(
            "Calls by the milliseconds that one of their turns took on average. Processor time of this machine."
        ),
    )


def _places(
    heading: str, found: Sequence[tuple[int, Gold]], lines: Sequence[int], words: Mapping[tuple[int, int], str]
) -> str:
    if not found:
        return ""
    head = "".join(
        f'<th scope="col">{_both(name)}</th>'
        for name in (
            gettext_noop("Line"),
            gettext_noop("Turn"),
            gettext_noop("Place"),
            gettext_noop("Kind"),
            gettext_noop("Told"),
        )
    )
    if words:
        head += f'<th scope="col">{_both(gettext_noop("Words"))}</th>'
    rows = "".join(_place_row(number, place, lines, words) for number, place in found[:_MOST_PLACES])
    more = len(found) - _MOST_PLACES
    rest = f'<p class="note">{_both(gettext_noop("and {count} more"), count=f"{more:,}")}</p>' if more > 0 else ""
    return (
        f"<section><details><summary><h2>{_both(heading)}</h2> <span>{len(found):,}</span></summary>"
        f"{_table(head, rows)}{rest}"
        "</details></section>"
    )


def _place_row(number: int, place: Gold, lines: Sequence[int], words: Mapping[tuple[int, int], str]) -> str:
    manner = _both(_MANNERS[place.manner]) if place.manner in _MANNERS else escape(place.manner)
    shown = ""
    if words:
        text = words.get((number, place.turn), "")
        before, value, after = text[: place.start], text[place.start : place.end], text[place.end :]
        shown = f"<td>{escape(before)}<mark>{escape(value)}</mark>{escape(after)}</td>"
    line = lines[number] if number < len(lines) else number + 1
    return (
        f'<tr><td>{line:,}</td><td>{place.turn}</td><td>{place.start}-{place.end}</td><td class="kind">'
        f"{escape(place.type)}</td><td>{manner if place.manner else ''}</td>{shown}</tr>"
    )


def _limits() -> str:
    points = (
        gettext_noop("A value counts as wholly removed when every letter and digit of it is gone from the text."),
        gettext_noop(
            "Figures of made-up calls say how the redactor does on the ways of telling that were thought "
            "of. Real calls bring others: label some of your own, and measure those."
        ),
        gettext_noop("What the speech recogniser did not write down is in no figure here."),
        gettext_noop("Turns and places count from 0; places are code points of the text before redaction."),
    )
    return _section(
        gettext_noop("How to read this"), "<ul>" + "".join(f"<li>{_both(point)}</li>" for point in points) + "</ul>"
    )
