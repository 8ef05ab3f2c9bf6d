"""Training of a network guided by depth; wants the extra `train`, which nothing else needs."""
