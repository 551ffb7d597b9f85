"""Syslog of neighbouring systems: messages of RFC 5424 over TLS with certificates, or within this machine."""
