"""mask-detect: tell which of the faces that blur-faces found wear a mask."""
