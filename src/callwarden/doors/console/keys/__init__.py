"""Keys as people keep them: the promise of erasure, who holds the root, epochs, runs and indexes."""
