"""Accounting systems, one room each: what Tieout decided is written here, and looked up again."""
