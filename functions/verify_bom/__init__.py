"""verify-bom: a verdict on signed results that somebody uploads."""
