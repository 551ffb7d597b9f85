"""How evenly time must have passed before anything is destroyed because of it. Shared with the keeper."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

# For so long time must have passed evenly.
STEADY: Final = timedelta(hours=1)
# Between two looks at the clock may lie so much; they are a minute apart.
GAP: Final = timedelta(minutes=10)
# So far apart clocks may be, and so far back one may go, without it meaning anything.
SLACK: Final = timedelta(minutes=1)
