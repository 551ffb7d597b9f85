"""What is wrong, until a later check by somebody else says it is right."""
