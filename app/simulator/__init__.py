"""The outside platforms over real HTTP, with a ledger of their own: imports nothing of the rest of the app."""
