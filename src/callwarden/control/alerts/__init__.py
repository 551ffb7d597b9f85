"""Alerts on misuse: raised by the watch over the operation log, worked by people, and what people learn back to it."""
