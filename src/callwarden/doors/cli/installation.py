"""Which installation a command speaks to: the one in a data folder, with its embedded database and its keeper."""

from __future__ import annotations

import os
from pathlib import Path


def point_at(data_dir: Path | None) -> None:
    """Look at the installation in this folder, unless its database or keeper are named otherwise. Before Django is.

    Without a folder: CALLWARDEN_DATA_DIR, else the folder `callwarden up` takes by itself.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    os.environ["CALLWARDEN_LOG_LEVEL"] = "CRITICAL"  # the answer is what the command prints, not the log
    if data_dir is not None:
        os.environ["CALLWARDEN_DATA_DIR"] = str(data_dir.expanduser().absolute())
