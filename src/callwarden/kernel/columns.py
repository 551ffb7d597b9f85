"""What may stand in a column. Every model declares each of its fields; a test refuses undeclared ones.

class Customer(models.Model):
    ...
    columns = declare(structural="id client created_at", token="number")
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from django.db import models


class Column(StrEnum):
    """The kinds of content."""

    SEALED = "sealed"
    """Ciphertext of the seal engine, or key material under it."""
    TOKEN = "token"
    """A keyed token (HMAC) of a value: comparable, worthless without the key."""
    STRUCTURAL = "structural"
    """Ids, states, times, counts, slugs, digests of structure: nothing that says something of a person by itself."""
    DIRECTORY = "directory"
    """The staff directory: account name, display name, address and password hash. Only on `kernel.User` (ADR 0006)."""


def declare(*, structural: str = "", token: str = "", sealed: str = "", directory: str = "") -> dict[str, Column]:
    """Build the declaration from field names separated by spaces.

    Raises:
        ValueError: a field is declared twice.
    """
    columns: dict[str, Column] = {}
    for kind, names in (
        (Column.STRUCTURAL, structural),
        (Column.TOKEN, token),
        (Column.SEALED, sealed),
        (Column.DIRECTORY, directory),
    ):
        for name in names.split():
            if name in columns:
                raise ValueError(f"Field {name!r} is declared as {columns[name]} and as {kind}.")
            columns[name] = kind
    return columns


def violations(model: type[models.Model]) -> list[str]:
    """What is wrong with the declaration of a concrete model; empty when all is well."""
    label = model._meta.label
    columns = getattr(model, "columns", None)
    if not isinstance(columns, dict):
        return [f"{label} declares no columns."]
    fields = {field.name: field for field in (*model._meta.concrete_fields, *model._meta.many_to_many)}
    return [
        *(f"{label}.{name} is not declared." for name in fields.keys() - columns.keys()),
        *(f"{label}.{name} is declared but does not exist." for name in columns.keys() - fields.keys()),
        *_wrong_types(label, ((fields[name], kind) for name, kind in columns.items() if name in fields)),
    ]


def _wrong_types(label: str, declared: Iterable[tuple[models.Field[object, object], Column]]) -> Iterable[str]:
    for field, kind in declared:
        if kind in (Column.SEALED, Column.TOKEN) and not isinstance(field, models.BinaryField):
            yield f"{label}.{field.name} is declared {kind} but is no BinaryField, so it could hold readable text."
        if kind is Column.DIRECTORY and label != "kernel.User":
            yield f"{label}.{field.name} is declared directory, which only kernel.User may be."
