"""Access for a time: asked for, begun, given back; and what officers see of all of it."""
