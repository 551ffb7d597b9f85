"""Emergency access: the page that breaks the glass, and the page on which others look at what it was for."""
