"""Charts of the page as inline SVG. Widths are in per cent, so that they fit any screen without scaling their text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def _x(value: float, low: float) -> float:
    """Per cent of the width at which a share stands on an axis from ``low`` to 1."""
    return round(max(0.0, min(1.0, (value - low) / (1 - low))) * 100, 2)


def axis(low: float, steps: Sequence[float]) -> str:
    """The scale above the bars."""
    anchors = {low: "start", 1.0: "end"}
    marks = "".join(
        f'<text x="{_x(step, low)}%" y="11" text-anchor="{anchors.get(step, "middle")}">{round(step * 100)} %</text>'
        for step in steps
    )
    return f'<svg class="axis" width="100%" height="15" aria-hidden="true">{marks}</svg>'


def recall_bar(
    recall: float,
    interval: tuple[float, float],
    precision: float | None,
    low: float,
    steps: Sequence[float],
    title: str,
) -> str:
    """A bar of recall with its 95 % interval, and a diamond for precision.

    Args:
        low: where the axis begins; a bar that ends before it is drawn as a stub.
        title: what a screen reader says.
    """
    lines = "".join(
        f'<line class="grid" x1="{_x(step, low)}%" x2="{_x(step, low)}%" y1="0" y2="22"/>' for step in steps
    )
    diamond = ""
    if precision is not None:
        shape = '<path class="precision" d="M0-5 5 0 0 5-5 0Z"/>'
        diamond = f'<svg x="{_x(precision, low)}%" y="11" overflow="visible">{shape}</svg>'
    first, last = (_x(value, low) for value in interval)
    return (
        f'<svg class="bar" width="100%" height="22" role="img"><title>{escape(title)}</title>{lines}'
        f'<rect class="recall" x="0" y="5" width="{max(_x(recall, low), 0.8)}%" height="12" rx="3"/>'
        f'<line class="whisker" x1="{first}%" x2="{last}%" y1="11" y2="11"/>'
        f'<line class="whisker" x1="{first}%" x2="{first}%" y1="7" y2="15"/>'
        f'<line class="whisker" x1="{last}%" x2="{last}%" y1="7" y2="15"/>{diamond}</svg>'
    )


def plain_bar(share: float, kind: str, title: str) -> str:
    """A bar from nothing to all."""
    return (
        f'<svg class="bar" width="100%" height="14" role="img"><title>{escape(title)}</title>'
        f'<rect class="track" x="0" y="2" width="100%" height="10" rx="3"/>'
        f'<rect class="{escape(kind)}" x="0" y="2" width="{round(share * 100, 2)}%" height="10" rx="3"/></svg>'
    )


def histogram(counts: Sequence[int], marks: Sequence[tuple[float, str]], title: str) -> str:
    """Columns of equal width, and named marks at places 0..1 across them."""
    most = max(counts, default=0) or 1
    width = 100 / max(len(counts), 1)
    columns = "".join(
        f'<rect class="recall" x="{round(place * width + 0.3, 3)}%" y="{round(84 - count / most * 68, 2)}"'
        f' width="{round(width - 0.6, 3)}%" height="{round(count / most * 68, 2)}" rx="2"/>'
        for place, count in enumerate(counts)
        if count
    )
    named = "".join(
        f'<line class="mark" x1="{round(place * 100, 2)}%" x2="{round(place * 100, 2)}%" y1="14" y2="84"/>'
        f'<text x="{round(place * 100, 2)}%" y="10" text-anchor="{"end" if place > 0.5 else "start"}">'
        f"{escape(name)}</text>"
        for place, name in marks
    )
    return (
        f'<svg class="histogram" width="100%" height="90" role="img"><title>{escape(title)}</title>'
        f'<line class="grid" x1="0" x2="100%" y1="84.5" y2="84.5"/>{columns}{named}</svg>'
    )
