"""From measurements and a profile to findings: what, where, how far off, and the fix."""
