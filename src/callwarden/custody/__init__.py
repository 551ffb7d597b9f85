"""Two locks: who holds which key, what rests under it, and the keeper that alone releases a data key."""
