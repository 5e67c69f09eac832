"""Learns from the user's own labels which ships are like the labelled ones, and how well."""
