"""The endpoints: pure functions that build requests from typed arguments, and the groups that send the requests."""
