"""Fuzz tests of all code that reads bytes from outside.

`make fuzz SECONDS=60` divides the time among the targets. Coverage guides the choice of inputs. A target checks a
property of every input. An input that breaks it is stored, and should become a test.
"""
