"""Notice misuse of access while it happens: detectors over a stream of happenings, without names or content.

>>> from callwarden.engines.watch import *
>>> watch = Watch(Settings())
>>> watch.learn([])                                    # some weeks of the log, when there are
>>> looks = [Access(index=i, at=1.7e9 + 20 * i, actor="a7", peers="agent", action="view_masked", subject=f"s{i}")
...          for i in range(8)]                         # eight people in three minutes, none of them a caller
>>> alerts = [alert for look in looks for alert in watch.feed(look)]
>>> alerts[0].detector, alerts[0].kind, alerts[0].actor
('D1', 'bulk_unexplained', 'a7')
>>> again = Watch(Settings(), watch.save())            # goes on where the other stopped

A happening is an access, an act upon rights, an exchange with a partner or an act in another system; whoever feeds the
watch says for each access which task explains it. The base of all is the unexplained: strangers, who are data subjects
no call, ticket, campaign or request of that actor led to. Counts over minutes, days and weeks are compared with the
actor's own days, shrunk toward peers who do the same work, and corrected for what happens to all peers at once.

It promises: the same happenings in the same order raise the same alerts, also when it was saved and loaded between;
one fed twice counts once; a clock that steps does not stop it; what it remembers is bounded for each actor, group,
partner and first letters of subjects; a person is told of once for a cause, until it has trebled.

It does not promise that an alert is misuse, nor that misuse which looks like everybody's work is seen.
"""

from ._facts import Access, Alert, Delivery, Elsewhere, Happening, Link, Power, Privilege
from ._settings import FIXED, KINDS, Settings
from ._watch import Watch

__all__ = [
    "FIXED",
    "KINDS",
    "Access",
    "Alert",
    "Delivery",
    "Elsewhere",
    "Happening",
    "Link",
    "Power",
    "Privilege",
    "Settings",
    "Watch",
]
