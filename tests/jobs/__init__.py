"""Tests of durable bulk jobs."""
