"""The fault matrix: faults of production, injected on purpose.

`make faults` runs all of it and prints a table; the test suite runs a shorter form of the same code.
"""
