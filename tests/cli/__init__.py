"""Tests of the `capillary` command."""
