"""Zoho Books behind the books ports."""
