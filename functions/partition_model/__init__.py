"""An uploaded network's cuts are told, and its halves written: see README.md."""
