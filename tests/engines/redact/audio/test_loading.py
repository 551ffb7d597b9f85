"""Whoever only passes sound on does not load what works on it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from callwarden.engines.redact import audio


def test_every_public_name_is_there_and_no_other():
    assert {name: getattr(audio, name).__class__ for name in audio.__all__}
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = audio.no_such_name


def test_the_product_starts_without_what_few_of_its_commands_need(tmp_path):
    heavy = ("numpy", "soundfile", "soxr", "holidays", "pkcs11")
    look = f"import sys, django; django.setup(); print([one for one in {heavy} if one in sys.modules])"
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
        "CALLWARDEN_DATA_DIR": str(tmp_path),
        "CALLWARDEN_LOG_LEVEL": "CRITICAL",
    }
    done = subprocess.run([sys.executable, "-c", look], env=env, capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
