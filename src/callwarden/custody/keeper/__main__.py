"""`python -m callwarden.custody.keeper`: run the keeper until SIGTERM.

Environment: CALLWARDEN_KEEPER_SOCKET, CALLWARDEN_KEYS_DIR, CALLWARDEN_KEEPER_DATABASE_URL (or CALLWARDEN_DATABASE_URL,
then with role cw_keeper), CALLWARDEN_KEY_CACHE_SECONDS, CALLWARDEN_OVERLAP_DAYS, and those of the provider; see
`providers`.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from callwarden.custody.keeper.change import settle
from callwarden.custody.keeper.folder import CACHE_SECONDS, KeyFolder
from callwarden.custody.keeper.moves import Moves
from callwarden.custody.keeper.providers import CannotStart, open_provider
from callwarden.custody.keeper.restored import Restored
from callwarden.custody.keeper.root import RootOperations
from callwarden.custody.keeper.server import Keeper, KeeperServer
from callwarden.custody.keeper.store import Store
from callwarden.engines.seal import KeyProviderError

MOST_CACHE_SECONDS = 3600.0
OVERLAP_DAYS, MOST_OVERLAP_DAYS = 2.0, 90.0


def conninfo(environment: dict[str, str]) -> str:
    """Connection string of the keeper's own login, or the common one narrowed to role cw_keeper."""
    if own := environment.get("CALLWARDEN_KEEPER_DATABASE_URL"):
        return own
    url = environment["CALLWARDEN_DATABASE_URL"]
    return f"{url}{'&' if '?' in url else '?'}options=-c%20role%3Dcw_keeper"


def cache_seconds(environment: dict[str, str]) -> float:
    """For how long a key that was unwrapped may be used without asking the provider again."""
    try:
        seconds = float(environment.get("CALLWARDEN_KEY_CACHE_SECONDS") or CACHE_SECONDS)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MOST_CACHE_SECONDS:
        raise CannotStart("CALLWARDEN_KEY_CACHE_SECONDS must be between 0 and 3600.")
    return seconds


def overlap(environment: dict[str, str]) -> timedelta:
    """For how long an epoch's key is kept after its last row has moved on."""
    try:
        days = float(environment.get("CALLWARDEN_OVERLAP_DAYS") or OVERLAP_DAYS)
    except ValueError:
        days = -1.0
    if not 0 < days <= MOST_OVERLAP_DAYS:
        raise CannotStart("CALLWARDEN_OVERLAP_DAYS must be more than 0 and at most 90.")
    return timedelta(days=days)


def main() -> None:
    # Keys live in this process's memory: no core dumps (Python cannot promise to wipe them).
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    environment = dict(os.environ)
    data = Path(environment.get("CALLWARDEN_DATA_DIR", "."))
    keys = Path(environment.get("CALLWARDEN_KEYS_DIR", data / "keys"))
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        remembered, kept_for = cache_seconds(environment), overlap(environment)
        settle(keys)
        folder = KeyFolder(keys, open_provider(keys, environment), cache_seconds=remembered)
    except CannotStart as error:
        sys.exit(str(error))
    except (KeyProviderError, OSError) as error:
        sys.exit(f"The keeper cannot open its key provider ({type(error).__name__}). Check its files and settings.")
    store = Store(conninfo(environment))
    store.open()
    allowed = frozenset({os.getuid(), *(int(uid) for uid in environment.get("CALLWARDEN_KEEPER_UIDS", "").split())})
    socket_path = Path(environment.get("CALLWARDEN_KEEPER_SOCKET", data / "run" / "keeper.sock"))
    moves = Moves(store, folder, overlap=kept_for)
    restored = Restored(folder, keys, data / "ledger" / "origin", store)
    keeper = Keeper(store, folder, RootOperations(folder, keys, environment, store), moves, restored)
    server = KeeperServer(socket_path, keeper, allowed_uids=allowed)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.2)
    store.close()


if __name__ == "__main__":
    main()
