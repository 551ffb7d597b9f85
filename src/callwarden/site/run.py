"""`python -m callwarden.site.run MODULE [ARGUMENT...]`: run a module as a supervised process.

What it adds to `python -m MODULE`: logs of admitted keys only, no traceback on any stream, and the program's last
words (`sys.exit("...")`, a fixed sentence) as a log line.
"""

from __future__ import annotations

import logging
import os
import runpy
import sys

from callwarden.site import logs
from callwarden.site.outside import BadSetting


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    logs.configure()
    log = logging.getLogger("callwarden.process")
    module, sys.argv = sys.argv[1], sys.argv[1:]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            log.error("process_gave_up", extra={"says": leaving.code})
            raise SystemExit(1) from None
        raise
    except BadSetting as error:
        log.error("process_gave_up", extra={"says": str(error)})
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BaseException:
        log.critical("process_failed", exc_info=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
