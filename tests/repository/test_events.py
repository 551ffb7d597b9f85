"""Every event of the ledger has a meaning for security systems, and somebody who writes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from callwarden.control.siem.meaning import MEANINGS
from callwarden.kernel.events import Event

SOURCE = Path(__file__).resolve().parents[2] / "src" / "callwarden"
# They say what an event means and write none.
WORDS = {"doors/console/audit/words.py", "doors/console/deeds.py", "control/siem/meaning.py", "kernel/events.py"}
# The chapter that gives records to partners is not there yet; what shall read its entries is, and finds none.
AWAITED = {Event.DISCLOSE_SHARE}
LOOKING = {"filter", "exclude", "get", "first"}


def test_no_event_is_forgotten() -> None:
    missing = sorted(event.name for event in set(Event) - set(MEANINGS))
    assert not missing, f"Add a line for each to control/siem/meaning.py, such as `thing(UPDATE)`: {missing}"


def test_every_event_has_a_writer() -> None:
    written = {name for path in SOURCE.rglob("*.py") for name in _written(path)}
    missing = sorted(event.name for event in set(Event) - AWAITED if event.name not in written)
    assert not missing, f"Write each where it happens, or take its name out: {missing}"
    assert not {event.name for event in AWAITED} & written, "It has a writer now, so it is awaited no more."


def test_a_place_that_only_reads_an_event_counts_as_no_writer() -> None:
    for read in (
        "if row.event == Event.A: pass",
        "rows.filter(event=Event.A)",
        "rows.exclude(event__in=[Event.A])",
        "WANTED = frozenset({Event.A})",
        "ACTIONS = {Event.A: 'view'}",
    ):
        assert list(_named(ast.parse(read))) == [], read
    assert list(_named(ast.parse("journal.record(Entry(event=Event.A, actor='system'))"))) == ["A"]


def _written(path: Path) -> Iterator[str]:
    if str(path.relative_to(SOURCE)) in WORDS:
        return
    text = path.read_text(encoding="utf-8")
    if "Event." in text:
        yield from _named(ast.parse(text))


def _named(node: ast.AST) -> Iterator[str]:
    """Names of events in this code, but for those it compares or looks for."""
    if isinstance(node, ast.Compare | ast.Set):
        return
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _named(value)
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOOKING:
        yield from _named(node.func)
        return
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Event":
        yield node.attr
    for child in ast.iter_child_nodes(node):
        yield from _named(child)
