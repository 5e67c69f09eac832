"""Bytes to batches of reports.  No clock, socket or disk here, except in `sources`."""
