"""One module a framework, imported only when it is the one that trains."""
