"""Measurements on pictures and depth, one idea a file; none of them judges."""
