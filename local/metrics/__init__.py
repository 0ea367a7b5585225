"""The plane's metrics at one address: what its workers have counted, and what only the plane as a whole can know."""
