"""The report: one HTML file that opens from disk, with ranking, map and accounts.

It is made of what a folder holds (a station's, or the results of a replay), so that the same
folder gives the same report.  Nothing in it asks for anything from a network.
"""
