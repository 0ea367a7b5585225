"""From annotated components to designs: what ``main.py`` files say, cuts, deployments and constraints."""
