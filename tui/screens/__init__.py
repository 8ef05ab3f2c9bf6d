"""Screens: each gathers input and shows; none measures or reads a file."""
