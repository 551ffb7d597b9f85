"""Key providers: who holds the root key. One module each, all under the contract of `interface`."""
