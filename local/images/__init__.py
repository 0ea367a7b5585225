"""Functions' container images: what each needs, its wheels, building it with podman, and its bill of materials."""
