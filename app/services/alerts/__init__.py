"""Alerts: what is noticed, what becomes an incident of it, and who is told when."""
