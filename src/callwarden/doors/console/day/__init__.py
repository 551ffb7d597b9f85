"""What needs the data protection officer today."""
