"""Training of Mattebox's own network; wants the extra `train`, and nothing else needs it."""
