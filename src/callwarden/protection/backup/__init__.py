"""Backups that can be restored and do not undo an erasure (DESIGN section 1, issue: custody, backup and restore).

vault       where copies lie: sealed, named, read back in full before they count
server      PostgreSQL's own programs, run under the right account
copying     a base copy, sealed objects, configuration, key files; the manifest that names them
wal         the write-ahead log, shipped as it is written
journal     acts that take access away, shipped off the host in a hash chain
restoring   an empty folder becomes an installation again, or nothing does
drilling    the same into a scratch folder, measured and kept as evidence

Data and key files go to two targets with two lives. A key that was destroyed leaves its target within
CALLWARDEN_KEY_BACKUP_DAYS; from then on no copy of the data opens what was under it.
"""
