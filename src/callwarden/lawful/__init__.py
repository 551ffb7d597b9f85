"""Chapter 1: purposes, notices, consent and retention, as a gate and as clocks.

Consent as a column nobody checks is worth nothing; here the gate (`lawful.gate`) is the only maker of a Basis, and
nothing is stored without one.
"""
