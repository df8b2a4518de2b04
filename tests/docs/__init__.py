"""The documentation: its prose, its links, its reference, and the built site."""
