"""Stands in for a preload that went wrong."""

FAILURE = "ModuleNotFoundError: No module named 'fasttext'"
