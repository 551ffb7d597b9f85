"""Anonymous releases: counts of groups that outlive the records they were made from, checked before they exist.

Pseudonymised data is never called anonymous here. A release holds numbers of people by group and nothing that leads
back to one of them: no id, no key, no time finer than was chosen, no order of the source. What it does not protect
from stands in `rules.NOT_CLAIMED` and in the note that goes with every release.
"""
