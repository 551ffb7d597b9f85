"""Service keys: what programs may do, and for how long."""
