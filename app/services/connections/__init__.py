"""Logins at the provider and at the books: made, kept fresh, ended."""
