"""Judges Sigma files by pySigma and runs what it makes of them; run by a Python that has `pysigma-backend-sqlite`.

One JSON question on standard input, `{"files": {name: text}, "logs": {name: [{field: value}]}}`, the fields of nested
values written with a dot; on standard output `{"faults": [...], "seen": {log: {id: [numbers]}}}`: what pySigma
objects to, and which events of each log each rule or correlation that raises something found.
"""

import json
import sqlite3
import sys

from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.validation import SigmaValidator
from sigma.validators.core import validators

# Those that need no list from the network. Titles and ids are compared over all files at once.
_ASKED = (
    "all_of_them_condition", "control_character", "dangling_condition", "dangling_detection", "double_wildcard",
    "duplicate_title", "escaped_wildcard", "identifier_existence", "identifier_uniqueness",
    "invalid_modifier_combinations", "number_as_string", "them_condition_with_single_detection",
    "wildcards_instead_of_modifiers",
)  # fmt: skip


def laid(events, fields):
    """The events as the one table of a database, a column for each field that any of them or a rule names."""
    columns = sorted({name for event in events for name in event} | fields)
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE logs ({', '.join(f'`{name}`' for name in columns)})")
    slots = ", ".join("?" * len(columns))
    connection.executemany(
        f"INSERT INTO logs VALUES ({slots})", [[one.get(name) for name in columns] for one in events]
    )
    return connection


def found(connection, rule, query):
    """Numbers of the events that a rule selects, or that a correlation has as evidence."""
    cursor = connection.execute(query)
    names = [told[0] for told in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    if isinstance(rule, SigmaCorrelationRule):
        ids = {int(one.split(":")[1]) for row in rows for one in json.loads(row["event_ids"])}
        return sorted(
            number
            for (number,) in connection.execute(
                f"SELECT number FROM logs WHERE rowid IN ({', '.join(map(str, ids)) or 'NULL'})"
            )
        )
    return sorted(row["number"] for row in rows)


def named(backend, rule):
    """Fields that a rule asks for: a query of a column that the table lacks would fail."""
    if not isinstance(rule, SigmaCorrelationRule):
        return set(backend.required_fields(rule))
    aliases = [field for one in rule.aliases for field in one.mapping.values()]
    counted = getattr(rule.condition, "fieldref", None)
    return {*(rule.group_by or ()), *aliases, *([counted] if counted else ())}


asked = json.load(sys.stdin)
faults, seen, queries, fields = [], {}, [], set()
validator = SigmaValidator([validators[name] for name in _ASKED])
for name, text in asked["files"].items():
    collection = SigmaCollection.from_yaml(text)
    backend = sqliteBackend()
    backend.convert(collection)
    faults += [
        f"{name}: {fault}" for fault in [*collection.errors, *map(validator.validate_rule, collection.rules)] if fault
    ]
    for rule in collection.rules:
        fields |= named(backend, rule)
    queries += [(rule, query) for rule in collection.get_output_rules() for query in rule.get_conversion_result()]
faults += map(str, validator.finalize())
for name, events in asked["logs"].items():
    connection = laid(events, fields)
    seen[name] = {str(rule.id): found(connection, rule, query) for rule, query in queries}
    connection.close()
json.dump({"faults": faults, "seen": seen}, sys.stdout)
