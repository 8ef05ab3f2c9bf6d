"""Device values, drivers and the interfaces they share."""
