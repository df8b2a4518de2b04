"""Bytes that nobody thought of, for whatever reads them.

`make fuzz SECONDS=60` shares so many seconds among the targets; their inputs are grown by the coverage that they
reach. A target says what has to hold of any input; what breaks it is written down, and becomes a test.
"""
