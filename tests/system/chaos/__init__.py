"""Kills of everything, under load from everywhere, into everything; see README.md."""
