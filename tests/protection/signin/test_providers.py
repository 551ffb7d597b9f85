"""The file of identity providers: what cannot be right stops the start, and no secret is in the message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callwarden.site.outside import BadSetting
from callwarden.site.providers import identity_providers

SECRET = "very secret words"


@pytest.fixture
def write(tmp_path: Path):
    (tmp_path / "secret").write_text(SECRET + "\n")
    good = {"kind": "oidc", "issuer": "https://id.example.com", "client_id": "cw"}
    good |= {"secret_file": str(tmp_path / "secret")}

    def put(slug: str = "company", **changed: object) -> str:
        told = {name: value for name, value in (good | changed).items() if value is not None}
        (tmp_path / "providers.json").write_text(json.dumps({slug: told}))
        return str(tmp_path / "providers.json")

    return put


def test_a_provider_is_read_with_its_secret_from_a_file_of_its_own(write):
    found = identity_providers(write(label={"en": "Work", "zh": "工作"}, second_factor={"amr": ["mfa"]}))["company"]
    assert (found.secret, found.amr, found.email_domains) == (SECRET, ("mfa",), ())
    assert SECRET not in repr(found)
    assert identity_providers("") == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"slug": "Company One"},
        {"kind": "ldap"},
        {"issuer": None},
        {"issuer": "http://id.example.com"},
        {"issuer": "ftp://id.example.com"},
        {"client_id": None},
        {"secret_file": "/nowhere/secret"},
        {"secret": "in the open"},
        {"second_factor": ["mfa"]},
        {"second_factor": {"loa": ["2"]}},
        {"link_by_email": "example.com"},
        {"label": "Company"},
    ],
    ids=str,
)
def test_what_cannot_be_right_stops_the_start(write, changed):
    with pytest.raises(BadSetting) as told:
        identity_providers(write(**changed))
    assert SECRET not in str(told.value)
    assert "in the open" not in str(told.value)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"company": 1}'])
def test_a_file_that_is_none_stops_the_start(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BadSetting):
        identity_providers(str(tmp_path / "x.json"))
