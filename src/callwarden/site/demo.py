"""Loads the demonstration call centre and prints the sign-in links of its roles as one line of JSON."""

from __future__ import annotations

import argparse
import json
import sys

import django


def main() -> None:
    parser = argparse.ArgumentParser(prog="callwarden.site.demo")
    parser.add_argument("--base-url", required=True)
    given = parser.parse_args()
    django.setup()
    from callwarden.doors.console import demo_links
    from callwarden.flows import demo

    demo.load()
    links = [(_in_both_languages(role), url) for role, url in demo_links(given.base_url)]
    sys.stdout.write(json.dumps({"links": links}) + "\n")


def _in_both_languages(role: str) -> str:
    from django.utils import translation

    from callwarden.kernel.roles import Role

    label = Role(role).label
    with translation.override("en"):
        english = str(label)
    with translation.override("zh-hans"):
        chinese = str(label)
    return english if chinese == english else f"{english} {chinese}"


if __name__ == "__main__":
    main()
