"""Sigma files are rules of the Sigma specification 2.0: what is required is there, and every name means something.

What the specification demands is asked here, each point by itself. Where `CALLWARDEN_TEST_SIGMA_PYTHON` names a Python
that has `pysigma-backend-sqlite` (LGPL: in an environment of its own, no dependency of this project), it judges the
files too and its queries are run over exported entries; `make prove NAME=audit` makes such an environment itself.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from callwarden.control.alerts.rules import EVERY
from tests.control.alerts import sigma_cases

FILES = sorted((Path(__file__).parents[3] / "docs" / "sigma").glob("*.yml"))
RULES = [(path, rule) for path in FILES for rule in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
NAMES = [f"{path.stem}:{rule['title']}" for path, rule in RULES]

SHARED = {
    "title", "id", "name", "related", "taxonomy", "status", "description", "license", "author", "references", "date",
    "modified", "tags", "scope", "fields", "falsepositives", "level",
}  # fmt: skip
STATUSES = {"stable", "test", "experimental", "deprecated", "unsupported"}
LEVELS = {"informational", "low", "medium", "high", "critical"}
MODIFIERS = {
    "all", "base64", "base64offset", "cased", "cidr", "contains", "endswith", "exists", "expand", "fieldref", "gt",
    "gte", "i", "lt", "lte", "m", "neq", "re", "s", "startswith", "utf16", "utf16be", "utf16le", "wide", "windash",
}  # fmt: skip
CORRELATIONS = {"event_count", "value_count", "temporal", "temporal_ordered"}
COMPARED = {"gt", "gte", "lt", "lte", "eq", "neq"}
# Words of a condition that are no names of searches.
GRAMMAR = {"and", "or", "not", "of", "them", "all", "any"}


def each(wanted: str) -> list[Any]:
    chosen = [(name, rule) for name, (_path, rule) in zip(NAMES, RULES, strict=True) if wanted in rule]
    return [pytest.param(rule, id=name) for name, rule in chosen]


def test_there_are_files() -> None:
    assert len(FILES) >= 10


@pytest.mark.parametrize("rule", [rule for _path, rule in RULES], ids=NAMES)
def test_a_rule_says_what_it_is(rule: dict[str, Any]) -> None:
    assert 0 < len(rule["title"]) <= 256
    assert str(UUID(rule["id"])) == rule["id"]
    assert rule["status"] in STATUSES
    assert rule["level"] in LEVELS
    assert isinstance(rule["description"], str)
    assert isinstance(rule.get("date", date.min), date)
    assert set(rule) <= SHARED | {"logsource", "detection", "correlation"}
    assert ("detection" in rule) != ("correlation" in rule)
    for tag in rule.get("tags", []):
        assert re.fullmatch(r"[a-z0-9_-]+\.[a-z0-9._-]+", tag)
    for listed in ("tags", "fields", "falsepositives", "references"):
        values = rule.get(listed, [])
        assert len(values) == len(set(values))
        assert all(isinstance(value, str) and len(value) >= 2 for value in values)


@pytest.mark.parametrize("rule", each("detection"))
def test_a_detection_searches_what_its_condition_names(rule: dict[str, Any]) -> None:
    assert {"category", "product", "service"} & set(rule["logsource"])
    searches = {name: part for name, part in rule["detection"].items() if name != "condition"}
    assert searches
    words = re.findall(r"[A-Za-z_][A-Za-z0-9_*]*", rule["detection"]["condition"])
    named = {word for word in words if word not in GRAMMAR}
    for name in named:
        pattern = re.compile(name.replace("*", ".*"))
        assert any(pattern.fullmatch(search) for search in searches), name
    assert "them" in words or all(
        any(re.fullmatch(name.replace("*", ".*"), search) for name in named) for search in searches
    ), "a search that no condition uses"
    for part in searches.values():
        for one in part if isinstance(part, list) else [part]:
            for field in one if isinstance(one, dict) else ():
                assert set(field.split("|")[1:]) <= MODIFIERS, field


@pytest.mark.parametrize("rule", each("correlation"))
def test_a_correlation_counts_something_within_a_time(rule: dict[str, Any]) -> None:
    correlation = rule["correlation"]
    assert correlation["type"] in CORRELATIONS
    assert correlation["rules"]
    assert re.fullmatch(r"[1-9][0-9]*[smhd]", correlation["timespan"])
    assert all(isinstance(field, str) for field in correlation.get("group-by", []))
    if correlation["type"] in ("event_count", "value_count"):
        condition = dict(correlation["condition"])
        assert ("field" in condition) == (correlation["type"] == "value_count")
        condition.pop("field", None)
        assert condition
        assert set(condition) <= COMPARED
        assert all(isinstance(value, int) and value > 0 for value in condition.values())


def test_every_kind_of_alert_has_a_rule_and_every_rule_that_raises_has_cases() -> None:
    raising = sigma_cases.raising()
    assert {case.title for case in sigma_cases.cases()} == set(raising)
    assert set(sigma_cases.EXPRESSED.values()) <= set(raising)
    assert set(sigma_cases.EXPRESSED) | set(sigma_cases.of_alerts()) == set(EVERY)
    assert not set(sigma_cases.EXPRESSED) & set(sigma_cases.of_alerts())


def test_fields_of_the_export_are_those_the_rules_name() -> None:
    """Whatever a case says of an entry comes back out of OCSF, so that a rule over it can find something."""
    for case in sigma_cases.cases():
        for body, got in zip(case.seen, sigma_cases.exported(case.seen), strict=True):
            assert (got["event"], got["actor"]) == (body["event"], body["actor"])
            told = {f"data.{name}": value for name, value in body.get("data", {}).items() if isinstance(value, str)}
            assert told.items() <= got.items()
            assert {
                name: body[name] for name in ("subject", "call", "count", "decision") if name in body
            }.items() <= got.items()


def test_pysigma_reads_every_file_and_its_queries_see_what_they_must_and_nothing_close_to_it() -> None:
    python = os.environ.get("CALLWARDEN_TEST_SIGMA_PYTHON", "")
    if not python:
        pytest.skip("CALLWARDEN_TEST_SIGMA_PYTHON names no Python that has pysigma-backend-sqlite")
    assert sigma_cases.wrong(sigma_cases.judged(python)) == []
