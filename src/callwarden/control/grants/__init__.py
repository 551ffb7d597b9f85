"""Access that is needed now is given for now: asked for, approved by somebody else, for exactly these records."""
