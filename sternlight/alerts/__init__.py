"""Alerts that leave the station: who gets them, what they say, and how they arrive.

`post.py` does all of it in a short-lived process of its own; `postman.py` starts that from a
running station.  What is due, and to whom, stands in `alerts.sqlite3` (`book.py`).
"""
