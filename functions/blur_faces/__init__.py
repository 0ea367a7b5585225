"""blur-faces: blur every face in an uploaded picture."""
