"""The same cases through every host, each with its platform's real programs; what they leave behind is compared."""
