"""Networks and places: the file is checked as the process starts, and the narrowest network counts."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.protection.signin import places
from callwarden.protection.signin.places import Place
from callwarden.site.outside import BadSetting
from callwarden.site.places import places_from

NORTH = {"label": {"en": "North site", "zh": "北区中心"}, "networks": ["10.1.0.0/16", "2001:db8:1::/48"]}


@pytest.fixture
def write(tmp_path: Path):
    def put(told: object) -> str:
        (tmp_path / "places.json").write_text(told if isinstance(told, str) else json.dumps(told))
        return str(tmp_path / "places.json")

    return put


@pytest.fixture
def named(write, settings) -> None:
    inner = {"label": {"en": "Vault", "zh": "机房"}, "networks": ["10.1.7.0/24", "10.1.7.9"]}
    settings.CALLWARDEN_PLACES = places_from(write({"north": NORTH, "vault": inner}))


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        ("10.1.0.1", "north"),
        ("10.1.255.255", "north"),
        ("10.2.0.0", ""),
        ("10.1.7.8", "vault"),
        ("10.1.7.9", "vault"),
        ("::ffff:10.1.0.1", "north"),
        ("2001:db8:1::5", "north"),
        ("2001:db8:2::5", ""),
        ("", ""),
        ("not an address", ""),
        ("10.1.0.1:443", ""),
    ],
)
def test_an_address_is_in_the_place_of_the_narrowest_network(named, address, slug):
    assert places.place_of(address) == slug


def test_places_have_names_in_both_languages_and_unnamed_ones_their_slug(named):
    from django.utils import translation

    assert places.label_of("north") == "North site"
    with translation.override("zh-hans"):
        assert places.label_of("north") == "北区中心"
    assert (places.label_of("gone"), places.label_of("")) == ("gone", "")


def test_without_a_file_there_are_no_places(settings):
    assert places_from("") == {}
    settings.CALLWARDEN_PLACES = {}
    assert places.place_of("10.1.0.1") == ""


@pytest.mark.parametrize(
    "told",
    [
        "",
        "[]",
        {"North Site": NORTH},
        {"north": 1},
        {"north": NORTH | {"colour": "red"}},
        {"north": {"label": NORTH["label"]}},
        {"north": {"networks": NORTH["networks"]}},
        {"north": NORTH | {"label": {"en": "North"}}},
        {"north": NORTH | {"label": {"en": "North", "zh": ""}}},
        {"north": NORTH | {"label": {"en": "North\n", "zh": "北"}}},
        {"north": NORTH | {"label": {"en": "N" * 61, "zh": "北"}}},
        {"north": NORTH | {"networks": []}},
        {"north": NORTH | {"networks": "10.1.0.0/16"}},
        {"north": NORTH | {"networks": ["10.1.0.1/16"]}},
        {"north": NORTH | {"networks": ["10.1.0.0/33"]}},
        {"north": NORTH | {"networks": [167837696]}},
        {"north": NORTH | {"networks": ["0.0.0.0/0"]}},
        {"north": NORTH, "south": NORTH},
    ],
    ids=str,
)
def test_what_cannot_be_right_stops_the_start(write, told):
    with pytest.raises(BadSetting):
        places_from(write(told))


@given(st.integers(0, 2**32 - 1), st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 32)), max_size=8))
def test_no_wider_network_is_preferred_to_a_narrower_one(address, blocks):
    from django.test import override_settings

    networks = [ip_network((base, bits), strict=False) for base, bits in blocks]
    named = {f"p{number}": Place(f"p{number}", "", "", (network,)) for number, network in enumerate(networks)}
    where = ip_address(address)
    holding = [network.prefixlen for network in networks if where in network]
    with override_settings(CALLWARDEN_PLACES=named):
        found = places.place_of(str(where))
    assert (named[found].networks[0].prefixlen if found else None) == max(holding, default=None)
