"""Networks cut in parts: where a single tensor goes from one half to the other, the halves, and what hands it over."""
