"""Use cases, one file a noun: they own the transactions and answer with plain frozen rows."""
