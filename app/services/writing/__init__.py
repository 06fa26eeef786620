"""Planned effects become documents: one at a time, each sent once, doubts looked up."""
