"""The simulated studio: one world seen by a PTP/IP camera and a depth sensor."""
