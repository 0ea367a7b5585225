"""The dashboard: pages about the plane that runs here, for a browser on this machine."""
