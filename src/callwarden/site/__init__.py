"""Settings and wiring. Imports everything; imported by nothing."""
