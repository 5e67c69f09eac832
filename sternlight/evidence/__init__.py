"""Evidence: that what was heard has not been changed since, and that others can check it."""
