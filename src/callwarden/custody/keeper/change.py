"""Changing the provider: every file the old root wraps is wrapped by the new one, then all of them change at once.

    1. `.next/` is filled with the new wraps, each synced to disk; the old files stay as they are.
    2. Each new file is read back through the new provider and compared with the old one.
    3. `provider.json` names the new root, with `swap`: from here on the new files are in force.
    4. The new files are moved over the old ones; `provider.json` loses `swap`.

Stopped anywhere before 3, what is in `.next/` is thrown away at the next start and nothing has happened; stopped
later, the next start finishes it (`settle`). No key is destroyed meanwhile, and so none lives on in `.next/`: the
folder is held for all of it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from callwarden.custody.keeper.providers import InForce, in_force, remember, wrapped_names
from callwarden.custody.once import create_once, sync_folder
from callwarden.engines.seal import Key, KeyProvider, ProviderRefused

NEXT = ".next"


def settle(keys: Path) -> None:
    """Finish a change that was in force already, or forget one that was not. Safe to repeat and to stop anywhere."""
    known = in_force(keys)
    if known is not None and known.swap:
        for path in sorted((keys / NEXT).glob("*/*")):
            place = keys / path.relative_to(keys / NEXT)
            os.replace(path, place)
            sync_folder(place.parent)
        shutil.rmtree(keys / NEXT, ignore_errors=True)
        remember(keys, InForce(known.kind, known.key_id))
    else:
        shutil.rmtree(keys / NEXT, ignore_errors=True)


def rewrap(keys: Path, old: KeyProvider, new: KeyProvider, kind: str) -> int:
    """Put `new` in force for all keys; how many there are. The caller lets nobody else write to the folder meanwhile.

    Raises:
        ProviderRefused: a file could not be carried over; nothing has changed.
        ProviderUnavailable: as `KeyProvider.wrap`; nothing has changed.
    """
    settle(keys)
    names = wrapped_names(keys)
    for name in names:
        place = keys / NEXT / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_once(place, new.wrap(_key(keys / name, old, name), tuple(name.split("/"))))
    for name in names:
        if _key(keys / NEXT / name, new, name) != _key(keys / name, old, name):
            raise ProviderRefused("The new provider gives another key back; the old one stays.", reason="lie")
    remember(keys, InForce(kind, new.status().key_id, swap=True))
    settle(keys)
    return len(names)


def _key(path: Path, provider: KeyProvider, name: str) -> Key:
    return provider.unwrap(path.read_bytes(), tuple(name.split("/")))
