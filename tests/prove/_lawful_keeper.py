"""The keeper of the walk: the product's own process, in which the weeks of buckets are counted as the walk counts them.

The id of a bucket is derived from its week, and the keeper refuses a row whose week was changed. A walk lets time pass
by making every row older; so it says in a file by how many days, and both sides derive ids from the week as it was
when the bucket was made. All else is the product's.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from callwarden.custody import naming

FILE = "CALLWARDEN_TEST_DAYS_PASSED"


def bucket_id(line: UUID, category: str, expires_on: date, *, hold: bool) -> UUID:
    days = int(Path(os.environ[FILE]).read_text())
    return naming.bucket_id(line, category, expires_on + timedelta(days=days), hold=hold)


if __name__ == "__main__":
    from callwarden.custody.keeper import __main__ as keeper
    from callwarden.custody.keeper import server

    server.bucket_id = bucket_id
    keeper.main()
