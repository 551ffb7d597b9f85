"""The keeper: a small process of its own that alone reads wrapped keys and reaches the key provider.

Everyone else asks it over a Unix socket. It releases a data key only against a committed Permit row, checked on the
primary at that moment: same principal, same live session, this record, not expired, not revoked, not used up, the
record not due, not destroyed, its key generations alive (DESIGN sections 1 and 2).

    from callwarden.custody.keeper import client
    key = client.release(permit=permit_id, record=record_id, principal=..., session=...).key
"""
