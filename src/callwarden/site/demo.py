"""Loads the demonstration call centre and prints the sign-in links of its roles as one line of JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import sys

import django


def main() -> None:
    parser = argparse.ArgumentParser(prog="callwarden.site.demo")
    parser.add_argument("--base-url", required=True)
    given = parser.parse_args()
    django.setup()
    # By name: an installation without the demonstration still starts.
    importlib.import_module("callwarden.flows.demo").load()
    links = importlib.import_module("callwarden.doors.console").demo_links(given.base_url)
    sys.stdout.write(json.dumps({"links": [[str(role), str(url)] for role, url in links]}) + "\n")


if __name__ == "__main__":
    main()
