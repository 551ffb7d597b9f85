"""Purposes, kinds of data, recipients, transfers abroad, and the record of processing."""
