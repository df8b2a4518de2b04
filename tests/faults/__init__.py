"""What production does to a client, on purpose: the fault matrix.

`make faults` runs all of it and prints a table; the test suite runs a shorter form of the same code.
"""
