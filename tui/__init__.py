"""What people touch: the `mattebox` command and the terminal app."""
