"""Single sign-on: people come from an identity provider, and enter only if they are registered here.

OpenID Connect and SAML 2.0 end at one door. allauth carries the first (state, PKCE, exchange of the code); what it is
not trusted with is decided here: a token's or assertion's signature is always verified, it must answer our question,
accounts are never made, and the provider's second factor counts only where the site says so.
"""
