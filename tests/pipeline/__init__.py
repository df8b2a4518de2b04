"""Requests travel to where they should and nowhere else, and whatever happens to them has a name."""
