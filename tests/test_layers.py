"""Foreign keys obey the layers too. Those written as strings are invisible to a check of imports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

RANKS = {
    "site": 6,
    "doors": 5,
    "flows": 4,
    "lawful": 3,
    "protection": 3,
    "control": 3,
    "partners": 3,
    "custody": 2,
    "kernel": 1,
    "engines": 0,
}
CHAPTERS = {"lawful", "protection", "control", "partners"}

OURS = [
    model
    for config in apps.get_app_configs()
    if config.name.startswith("callwarden.")
    for model in config.get_models(include_auto_created=True)
]


def layer(model: type[models.Model]) -> str | None:
    """Which layer a model belongs to by the module that defines it; None for what is not ours."""
    parts = model.__module__.split(".")
    return parts[1] if parts[0] == "callwarden" else None


def upward(model: type[models.Model]) -> Iterator[str]:
    """Every reference of the model that goes to a higher layer, or from one chapter to another."""
    own = layer(model)
    if own is None:
        return
    for field in model._meta.get_fields(include_hidden=True):
        if not field.is_relation or (field.auto_created and not field.concrete):
            continue  # the far side of somebody else's reference
        through = getattr(field.remote_field, "through", None)
        for target in (field.related_model, through):
            other = layer(target) if isinstance(target, type) else None
            if other is None:
                continue
            aside = {own, other} <= CHAPTERS and own != other
            if RANKS[other] > RANKS[own] or aside:
                yield f"{model._meta.label}.{field.name} ({own}) refers to {other}"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_no_reference_goes_up_or_aside(model: type[models.Model]) -> None:
    assert list(upward(model)) == []


def test_every_model_lies_in_a_known_layer() -> None:
    assert {layer(model) for model in OURS} <= RANKS.keys()
    assert "kernel" in {layer(model) for model in OURS}


def _model(name: str, module: str, label: str, **fields: object) -> type[models.Model]:
    meta = type("Meta", (), {"app_label": label})
    return type(name, (models.Model,), {"__module__": f"callwarden.{module}", "Meta": meta, **fields})


@isolate_apps("callwarden.kernel")
def test_a_reference_by_string_upward_or_aside_is_found_and_downward_is_not() -> None:
    low = _model("Low", "custody.models.low", "custody", up=models.ForeignKey("lawful.High", models.CASCADE))
    high = _model(
        "High",
        "lawful.consent.models",
        "lawful",
        down=models.ForeignKey("custody.Low", models.CASCADE, related_name="+"),
        own=models.ForeignKey("self", models.CASCADE),
        aside=models.ManyToManyField("control.Beside"),
    )
    beside = _model("Beside", "control.models", "control", base=models.OneToOneField("kernel.Base", models.CASCADE))
    base = _model("Base", "kernel.models", "kernel")
    assert list(upward(low)) == ["custody.Low.up (custody) refers to lawful"]
    assert list(upward(high)) == ["lawful.High.aside (lawful) refers to control"]
    assert list(upward(beside)) == []
    assert list(upward(base)) == []
