"""Files of fields that strangers write: read with bounds; what is wrong is said with its place and the nearest name."""
