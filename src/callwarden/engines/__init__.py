"""Pure libraries, each usable alone: no Django, no globals, no I/O beyond what is passed in."""
