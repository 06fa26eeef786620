"""A business and what was chosen for it."""
