"""HitPay, as its API v1 speaks: charges, refunds and payouts of one account."""
