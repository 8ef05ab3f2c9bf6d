"""Pictures: pixels, colour, files and the root of all errors."""
