"""The access matrix: read as a grid, written as a draft, tried, compared, put into force by two."""
