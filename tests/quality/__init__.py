"""How good functions are, not how fast: figures against floors, as JSON and a page (``make quality``)."""
