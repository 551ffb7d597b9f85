"""What callers are told: published, versioned, immutable."""
