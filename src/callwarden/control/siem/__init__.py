"""The operation log for security systems: every entry, in order of its leaf index, to every receiver that is set.

Receivers stand in the file named by `CALLWARDEN_SIEM_FILE`; how far each has got is a row here. What a receiver has not
confirmed is sent again, so it may see an entry twice and never misses one. One that is down costs nobody anything: the
entries wait in the log itself, and it catches up when it is back.
"""
