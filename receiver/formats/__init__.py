"""Recorded data that is not NMEA: one file for each format."""
