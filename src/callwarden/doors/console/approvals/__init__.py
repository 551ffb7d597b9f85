"""Acts that need two people: asked for, decided, carried out."""
