"""What noria is compared with: each a program of its own that does the same job from the same stream."""
