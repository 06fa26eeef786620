"""Tieout keeps a merchant's Zoho Books true to what the payment provider did."""
