"""From the deployment that runs to a better one, while it runs: what differs, how it is changed, what was before."""
