"""The door through which a directory provisions accounts: SCIM 2.0 (RFC 7643, RFC 7644) under /scim/v2/.

Only the Authorization header is looked at: a service key with the scope `provision`. Attributes that are not kept here
are accepted and dropped, as RFC 7644 section 3.3 allows, so nothing but what `resources` declares can be set.
"""
