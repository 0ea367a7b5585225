"""One module a platform: how its events come in, and how a verdict goes out."""
