"""Matting as mathematics: arrays in, arrays out."""
