"""Benchmarks: one module an engine or flow, run by ``python -m bench NAME [--json]``.

A module has ``run(progress) -> dict[str, float]``: it calls ``progress(text)`` before each part and returns its figures
by name. Ratios are against a peer or a limit measured in the same run, interleaved, so that a busy machine moves both.
"""
