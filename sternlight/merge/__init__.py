"""Joins the records of several stations into one."""
