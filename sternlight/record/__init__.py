"""The ship's record: what a station remembers of every hull for years."""
