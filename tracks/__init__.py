"""Batches of reports to clean tracks of hulls, in numpy."""
