"""Where syslog of neighbouring systems is taken in, from the environment; checked as the process starts."""

from __future__ import annotations

from pathlib import Path

from callwarden.site.outside import BadSetting, is_here


def syslog_listening(address: str, certificate: str, key: str, authority: str) -> dict[str, str | int]:
    """Host, port and files; empty when nothing is set, so that nobody listens.

    Raises:
        BadSetting: not an address and a port, files are missing, or others than this machine could connect without TLS.
    """
    if not address:
        return {}
    host, colon, port = address.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdigit() or not 0 <= int(port) < 65536:
        raise BadSetting("CALLWARDEN_NEIGHBOURS_SYSLOG must be an address and a port, such as 127.0.0.1:6514.")
    files = (certificate, key, authority)
    if any(files) and not all(files):
        raise BadSetting(
            "CALLWARDEN_NEIGHBOURS_TLS_CERT, CALLWARDEN_NEIGHBOURS_TLS_KEY and "
            "CALLWARDEN_NEIGHBOURS_TLS_CA belong together."
        )
    if not any(files) and not is_here(host):
        raise BadSetting(
            "CALLWARDEN_NEIGHBOURS_SYSLOG would take lines over the network in clear. Give "
            "CALLWARDEN_NEIGHBOURS_TLS_CERT, _KEY and _CA, or listen on 127.0.0.1."
        )
    for file in files:
        if file and not Path(file).is_file():
            raise BadSetting("One of the files of CALLWARDEN_NEIGHBOURS_TLS_* is not there.")
    return {"host": host, "port": int(port), "certificate": certificate, "key": key, "authority": authority}
