"""Demonstrations of claims that are too large for a test: `make prove NAME=...`.

Each module beside this one has `run() -> list[tuple[str, str, str]]`: what was shown, its outcome (`pass`, `fail`,
`not measured`, `not applicable`), and what was measured.
"""
