"""Pinging: the calls to a dead man's switch outside, to addresses that a person entered."""
