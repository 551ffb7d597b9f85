"""`python -m callwarden.custody.keeper`: run the keeper until SIGTERM.

Environment: CALLWARDEN_KEEPER_SOCKET, CALLWARDEN_KEYS_DIR, CALLWARDEN_PASSPHRASE_FILE,
CALLWARDEN_KEEPER_DATABASE_URL (or CALLWARDEN_DATABASE_URL, then with role cw_keeper).
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from pathlib import Path

from callwarden.custody.keeper.folder import KeyFolder
from callwarden.custody.keeper.server import Keeper, KeeperServer
from callwarden.custody.keeper.store import Store
from callwarden.engines.seal import KeyProviderError, PassphraseFile


def conninfo(environment: dict[str, str]) -> str:
    """Connection string of the keeper's own login, or the common one narrowed to role cw_keeper."""
    if own := environment.get("CALLWARDEN_KEEPER_DATABASE_URL"):
        return own
    url = environment["CALLWARDEN_DATABASE_URL"]
    return f"{url}{'&' if '?' in url else '?'}options=-c%20role%3Dcw_keeper"


def open_provider(folder: Path, passphrase_file: Path) -> PassphraseFile:
    """The passphrase provider; made at first start. A passphrase file that others can read is refused."""
    if passphrase_file.stat().st_mode & 0o077:
        raise SystemExit(f"{passphrase_file.name} can be read by others; set its mode to 600.")
    passphrase = passphrase_file.read_text(encoding="utf-8").strip()
    root = folder / "root.key"
    if not root.exists():
        if any(folder.glob("epochs/*")):
            raise SystemExit("root.key is missing but epoch keys exist. Restore root.key from its own backup.")
        return PassphraseFile.create(root, passphrase)
    return PassphraseFile.open(root, passphrase)


def main() -> None:
    # Keys live in this process's memory: no core dumps (Python cannot promise to wipe them).
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    environment = dict(os.environ)
    data = Path(environment.get("CALLWARDEN_DATA_DIR", "."))
    keys = Path(environment.get("CALLWARDEN_KEYS_DIR", data / "keys"))
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        provider = open_provider(keys, Path(environment.get("CALLWARDEN_PASSPHRASE_FILE", keys / "passphrase")))
    except (KeyProviderError, OSError) as error:
        sys.exit(f"The keeper cannot open its key provider ({type(error).__name__}). Check the passphrase file.")
    store = Store(conninfo(environment))
    store.open()
    allowed = frozenset({os.getuid(), *(int(uid) for uid in environment.get("CALLWARDEN_KEEPER_UIDS", "").split())})
    socket_path = Path(environment.get("CALLWARDEN_KEEPER_SOCKET", data / "run" / "keeper.sock"))
    server = KeeperServer(socket_path, Keeper(store, KeyFolder(keys, provider), provider), allowed_uids=allowed)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.2)
    store.close()


if __name__ == "__main__":
    main()
