"""Runs: asked for by a person or by the clock, and worked off."""
