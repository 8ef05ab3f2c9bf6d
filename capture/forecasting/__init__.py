"""The matte forecast: before the shot, where and how far the cut-out's edge will be wrong."""
