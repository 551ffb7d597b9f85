"""Possible misuse: the board of alerts, what is set about them, and who uses what compared with peers."""
