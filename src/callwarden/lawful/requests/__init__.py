"""Requests of data subjects: access, copy, correction, erasure, restriction, withdrawal, objection, explanation."""
