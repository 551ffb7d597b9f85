"""Chapter 2: sign-in, keys, backup and posture."""
