"""Where a depth sensor stands and what it errs: measured once, kept in files."""
