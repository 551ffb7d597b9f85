"""Single sign-on: people come from an identity provider by OpenID Connect, and enter only if they are registered here.

allauth carries the protocols (state, PKCE, exchange of the code); what it is not trusted with is decided
here: the token's signature is always verified, its nonce must be ours, accounts are never made, and the provider's
second factor counts only where the site says so.
"""
