"""Keyers: what the subject is, told from colour or from the empty set instead of from depth."""
