"""Tests of the models and of how JSON becomes models."""
