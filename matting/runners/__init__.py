"""How networks of each kind are fed and read: a file a kind."""
