"""What the simulated shop is made of: ways to pay with their fees, sales channels, customers. Data only.

Fees are invented but plausible: percent of the home amount plus a fixed part in the home currency. Channel codes:
the official plugins, HitPay's OpenAPI samples and event samples; `api_shopify` is a guess, `api_soundbox` stands for
a code that nobody knows, None for a charge without a channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Method:
    """A way to pay: `rate` in percent, `fixed` in units of the home currency."""

    name: str
    provider: str
    rate: Decimal
    fixed: Decimal


CARD = Method("card", "stripe_sg", Decimal("3.65"), Decimal("0.50"))
PAYNOW = Method("paynow_online", "dbs_sg", Decimal("0.65"), Decimal("0.30"))
GRABPAY = Method("grabpay", "grabpay", Decimal("3.30"), Decimal("0.00"))
SHOPEE_PAY = Method("shopee_pay", "shopee_pay", Decimal("3.00"), Decimal("0.00"))
CASH = Method("cash", "cash", Decimal("0.00"), Decimal("0.00"))
METHODS = {method.name: method for method in (CARD, PAYNOW, GRABPAY, SHOPEE_PAY, CASH)}
METHOD_WEIGHTS = ((PAYNOW, 45), (CARD, 35), (GRABPAY, 12), (SHOPEE_PAY, 8))

CHANNEL_WEIGHTS: tuple[tuple[str | None, int], ...] = (
    ("api_store", 30),
    ("api_woocomm", 20),
    ("point_of_sale", 20),
    ("api_shopify", 14),
    ("api_recurring_dashboard", 8),
    (None, 4),
    ("api_soundbox", 4),
)

FOREIGN = (("usd", Decimal("1.34560")), ("eur", Decimal("1.46215")), ("jpy", Decimal("0.00891")))

_NAMES = (
    "Tan Wei Ling",
    "Muhammad Hafiz",
    "Priya Nair",
    "Lim Jun Jie",
    "Sarah O'Neill",
    "Nguyễn Thị Mai",
    "Chloe Wong",
    "Rajesh Kumar",
    "Ana Müller",
    "Farah Idris",
)
CUSTOMERS = tuple(
    {
        "id": f"9a659602-eafd-4731-972d-424aef24fb{number:02x}",
        "name": name,
        "email": f"customer{number}@example.com",
        "phone_number": f"659000{number:04d}",
    }
    for number, name in enumerate(_NAMES, start=1)
)
