"""Requests of data subjects in the console: the board, one request, and taking one in."""
