"""Reads watch lists: the user's own, and public ones that the user has downloaded."""
