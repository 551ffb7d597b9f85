from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from callwarden.kernel.columns import Column, declare, violations

OURS = [
    model
    for config in apps.get_app_configs()
    if config.name.startswith("callwarden.")
    for model in config.get_models(include_auto_created=False)
]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_column_of_every_table_is_declared(model: type[models.Model]) -> None:
    assert violations(model) == []


def test_the_walk_sees_the_tables_there_are() -> None:
    assert {"kernel.User", "kernel.Approval", "kernel.Finding"} <= {model._meta.label for model in OURS}


@isolate_apps("callwarden.kernel")
def test_a_model_without_a_declaration_is_found() -> None:
    class Plain(models.Model):
        name = models.TextField()

        class Meta:
            app_label = "kernel"

    assert violations(Plain) == ["kernel.Plain declares no columns."]


@isolate_apps("callwarden.kernel")
def test_a_forgotten_an_invented_and_a_readable_column_are_found() -> None:
    class Careless(models.Model):
        name = models.TextField()
        phone = models.TextField()
        number = models.CharField(max_length=20)
        staff = models.TextField()
        columns = declare(structural="id ghost", sealed="phone", token="number", directory="staff")

        class Meta:
            app_label = "kernel"

    assert sorted(violations(Careless)) == [
        "kernel.Careless.ghost is declared but does not exist.",
        "kernel.Careless.name is not declared.",
        "kernel.Careless.number is declared token but is no BinaryField, so it could hold readable text.",
        "kernel.Careless.phone is declared sealed but is no BinaryField, so it could hold readable text.",
        "kernel.Careless.staff is declared directory, which only kernel.User may be.",
    ]


@isolate_apps("callwarden.kernel")
def test_a_careful_model_passes_with_inherited_fields_counted() -> None:
    class Base(models.Model):
        made_at = models.DateTimeField()

        class Meta:
            abstract = True

    class Careful(Base):
        phone = models.BinaryField()
        number = models.BinaryField()
        columns = declare(structural="id made_at", sealed="phone", token="number")

        class Meta:
            app_label = "kernel"

    assert violations(Careful) == []
    assert Careful.columns["phone"] is Column.SEALED


def test_a_column_is_one_thing_only() -> None:
    with pytest.raises(ValueError, match="phone"):
        declare(structural="phone", sealed="phone")
