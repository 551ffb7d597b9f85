"""Chapter 1: purposes, notices, consent and retention, as gates and clocks."""
