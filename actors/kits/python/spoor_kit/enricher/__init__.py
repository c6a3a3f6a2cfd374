"""A whole enricher in Python, in place of ours: lines become records, byte for byte but for the device and the place."""
