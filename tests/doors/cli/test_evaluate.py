"""`callwarden evaluate`: figures that can be trusted, and a page without a value in it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from callwarden.doors.cli.evaluate import app

TEXT = "my number is 415 555 0199 and my name is zbigniew"
CALL = {"id": 17, "turns": [{"speaker": "customer", "text": TEXT}]}
PHONE = {"turn": 0, "start": 13, "end": 25, "type": "PHONE"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def written(file: Path, *documents: dict[str, Any]) -> str:
    file.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")
    return str(file)


def figures(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_calls_are_redacted_and_counted_against_labels_in_another_file(tmp_path: Path) -> None:
    calls = written(tmp_path / "calls.jsonl", CALL)
    gold = written(tmp_path / "gold.jsonl", {"id": "17", "labels": [PHONE]})
    found = figures(calls, "--against", gold)
    assert (found["calls"], found["values"], found["recall"], found["leak_rate"]) == (1, 1, 1.0, 0.0)
    assert found["types"]["PHONE"]["recall"] == 1.0
    assert found["speed"]["characters_per_s"] > 0


def test_a_value_that_stays_is_a_leak_and_can_fail_a_pipeline(tmp_path: Path) -> None:
    hidden = {"turn": 0, "start": 3, "end": 9, "type": "PASSWORD"}
    calls = written(tmp_path / "calls.jsonl", CALL | {"labels": [PHONE, hidden]})
    found = figures(calls)
    assert (found["recall"], found["leak_rate"], found["types"]["PASSWORD"]["leaked"]) == (0.5, 0.5, 1)
    assert run(calls, "--min-recall", "0.6").exit_code == 1
    assert run(calls, "--max-leak", "0.6").exit_code == 0
    assert run(calls, "--max-leak", "0.4").exit_code == 1


def test_answers_of_any_redactor_are_judged(tmp_path: Path) -> None:
    gold = written(tmp_path / "gold.jsonl", CALL | {"labels": [PHONE]})
    nothing = written(tmp_path / "nothing.jsonl", {"id": 17, "turns": CALL["turns"], "spans": []})
    found = figures(nothing, "--against", gold, "--answers")
    assert (found["recall"], found["leak_rate"], found["speed"]) == (0.0, 1.0, None)
    all_of_it = written(
        tmp_path / "all.jsonl", {"id": 17, "spans": [{"turn": 0, "start": 0, "end": 50 - 1, "type": "X"}]}
    )
    assert figures(all_of_it, "--against", gold, "--answers")["over_redaction"] > 0.9


def test_a_refused_call_is_no_success(tmp_path: Path) -> None:
    gold = written(tmp_path / "gold.jsonl", CALL | {"labels": [PHONE]})
    refused = written(tmp_path / "refused.jsonl", {"id": 17, "error": {"code": "internal"}})
    result = run(refused, "--against", gold, "--answers", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["refused"] == 1


def test_made_up_calls_are_the_same_for_the_same_seed_and_can_be_evaluated_from_their_file(tmp_path: Path) -> None:
    saved = tmp_path / "made.jsonl"
    arguments = ("--generate", "8", "--seed", "5", "--language", "mixed", "--noise", "heavy")
    one, other = figures(*arguments, "--save", str(saved)), figures(*arguments)
    again = figures(str(saved))
    for found in (one, other, again):
        del found["speed"]
    assert one == other == again
    assert one["values"] > 20


@pytest.mark.parametrize(
    ("gold", "said"),
    [
        ({"id": 18, "labels": []}, "no labels for this call"),
        ({"id": 17}, "no list"),
        ({"id": 17, "labels": [PHONE | {"end": 90}]}, "outside the text"),
        ({"id": 17, "labels": [PHONE | {"turn": 1}]}, "no such turn"),
        ({"id": 17, "labels": [PHONE | {"form": "zbigniew"}]}, "no such form"),
        ({"id": 17, "labels": [PHONE | {"start": "zbigniew"}]}, "whole numbers"),
        ({"id": 17, "labels": [PHONE | {"type": "zbigniew and sons"}]}, "must be a name such as PHONE"),
        ({"labels": []}, "no id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_label_that_does_not_fit_is_named_by_line_and_repeats_nothing(
    tmp_path: Path, gold: dict[str, Any], said: str
) -> None:
    calls = written(tmp_path / "calls.jsonl", CALL)
    result = run(calls, "--against", written(tmp_path / "gold.jsonl", gold))
    assert result.exit_code == 2
    assert "line 1" in result.output
    assert said in result.output.replace("\n", " ")
    assert "zbigniew" not in result.output
    assert "0199" not in result.output


@pytest.mark.parametrize(
    "raw",
    [b"{", b"\xff\xfe", b'{"id": 1, "turns": 3, "labels": []}', b"[1]", b'{"id": 1, "turns": [{"speaker": 1.5}]}'],
)
def test_a_line_that_is_no_call_is_refused_by_its_number(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_bytes(b"\n" + raw + b"\n")
    result = run(str(file))
    assert result.exit_code == 2
    assert "line 2" in result.output


def test_two_calls_with_one_id_are_refused(tmp_path: Path) -> None:
    labelled = CALL | {"labels": []}
    result = run(written(tmp_path / "calls.jsonl", labelled, labelled))
    assert result.exit_code == 2
    assert "line 2" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--generate", "3", "calls.jsonl"),
        ("calls.jsonl", "--answers"),
        ("nowhere.jsonl",),
        ("calls.jsonl", "--save", "x"),
    ],
    ids=str,
)
def test_wrong_usage_says_what_is_needed(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "calls.jsonl", CALL | {"labels": []})
    result = run(*arguments)
    assert result.exit_code == 2
    assert "callwarden evaluate:" in result.output


def test_messages_are_chinese_for_who_asks(tmp_path: Path) -> None:
    calls = written(tmp_path / "calls.jsonl", CALL)
    result = run(calls, "--lang", "zh")
    assert result.exit_code == 2
    assert re.search(r"第\s*1\s*行", result.output)


# The page ------------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Counts what the page opens and closes, and gathers its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.outside: list[str] = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.outside += [value for name, value in attrs if name in ("src", "href", "action") and value]
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(file: Path) -> Page:
    page = Page()
    page.feed(file.read_text("utf-8"))
    page.close()
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    result = run("--generate", "12", "--save", str(folder / "c.jsonl"), "--report", str(folder / "r.html"))
    assert result.exit_code == 0, result.output
    return folder


def test_the_page_is_whole_without_a_script_or_anything_from_outside(made: Path) -> None:
    page = page_of(made / "r.html")
    assert {"svg", "table", "style"} <= page.tags
    assert not {"script", "link", "img", "iframe", "object", "form"} & page.tags
    assert page.outside == []
    assert "@import" not in page.text
    assert "url(" not in page.text


def test_the_page_says_everything_in_both_languages(made: Path) -> None:
    raw = (made / "r.html").read_text("utf-8")
    english, chinese = (re.findall(rf'<span lang="{code}">([^<]+)</span>', raw) for code in ("en", "zh-Hans"))
    assert len(english) == len(chinese) > 40
    assert not [text for text in english if re.search("[一-鿿]", text)]
    assert not [text for text in chinese if not re.search("[一-鿿]", text)]


def test_no_value_and_no_id_stands_in_the_page(made: Path) -> None:
    text = page_of(made / "r.html").text
    looked = 0
    for line in (made / "c.jsonl").read_text("utf-8").splitlines():
        call = json.loads(line)
        assert call["id"] not in text
        for label in call["labels"]:
            if label.get("form"):
                continue
            value = call["turns"][label["turn"]]["text"][label["start"] : label["end"]]
            if len(value) >= 6:
                assert value not in text
                looked += 1
    assert looked > 50


def test_words_of_misses_are_shown_only_when_asked_for_and_cannot_become_markup(tmp_path: Path) -> None:
    text = "the secret is <script>alert(1)</script>"
    labels = [{"turn": 0, "start": 14, "end": 39, "type": "PASSWORD"}]
    calls = written(tmp_path / "c.jsonl", {"id": 1, "turns": [{"speaker": "", "text": text}], "labels": labels})
    figures(calls, "--report", str(tmp_path / "without.html"))
    figures(calls, "--report", str(tmp_path / "with.html"), "--values")
    without, shown = page_of(tmp_path / "without.html"), page_of(tmp_path / "with.html")
    assert "alert(1)" not in without.text
    assert "alert(1)" in shown.text
    assert "script" not in shown.tags


def test_cases_of_corrections_are_counted_by_rule_and_kind(tmp_path):
    cases = tmp_path / "corrections.jsonl"
    case = {"type": "PERSON", "rule": "name.en.cue", "language": "en", "phenomenon": "over", "shape": {"letters": 4}}
    missed = case | {"rule": "reviewer", "phenomenon": "missed", "language": "zh-CN"}
    cases.write_text("".join(json.dumps(one) + "\n" for one in (case, case, missed)), encoding="utf-8")
    told = run(str(cases), "--corrections", "--json")
    assert told.exit_code == 0
    assert json.loads(told.stdout) == {
        "rules": {"name.en.cue": {"missed": 0, "over": 2}, "reviewer": {"missed": 1, "over": 0}},
        "types": {"PERSON en": {"missed": 0, "over": 2}, "PERSON zh": {"missed": 1, "over": 0}},
    }
    shown = run(str(cases), "--corrections")
    assert "name.en.cue" in shown.stdout


@pytest.mark.parametrize("line", ["{", "[]", '{"rule": "cue"}', '{"phenomenon": "x", "rule": "cue", "type": "A"}'])
def test_what_is_no_case_is_refused_by_its_number_alone(tmp_path, line):
    cases = tmp_path / "corrections.jsonl"
    cases.write_text(line + "\n", encoding="utf-8")
    told = run(str(cases), "--corrections")
    assert told.exit_code == 2
    assert "1" in told.output
    assert "cue" not in told.output
