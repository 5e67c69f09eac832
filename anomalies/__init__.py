"""Tracks to events, and events to scores."""
