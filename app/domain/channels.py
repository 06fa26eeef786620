"""Sales channels: the labels a person ticks, and which of them a provider's channel code means. The map is data."""

from __future__ import annotations

ALL = "all"

LABELS: dict[str, str] = {
    "shopify": "Shopify",
    "wix": "Wix",
    "woocommerce": "WooCommerce",
    "prestashop": "Prestashop",
    "magento": "Magento",
    "ecwid": "Ecwid",
    "opencart": "OpenCart",
    "payment_links": "Payment Links",
    "invoice": "Invoice",
    "online_store": "Online Store",
    "point_of_sale": "Point of Sale",
    "custom_api": "Custom API",
    "recurring_billing": "Recurring Billing",
    "google_forms": "Google Forms",
    "xero": "Xero",
}

_ALIASES: dict[str, str] = {
    "woocomm": "woocommerce",
    "woocommerce": "woocommerce",
    "store": "online_store",
    "online_store": "online_store",
    "store_checkout": "online_store",
    "point_of_sale": "point_of_sale",
    "pos": "point_of_sale",
    "quick_sale": "point_of_sale",
    "invoices": "invoice",
}
"""Documented codes (HitPay FACTS 5), after normalising."""

_WORDS: tuple[tuple[str, str], ...] = (
    ("recurring", "recurring_billing"),
    ("link", "payment_links"),
    ("googleform", "google_forms"),
    ("google_form", "google_forms"),
    ("custom", "custom_api"),
)
"""Undocumented codes are expected to hold the word itself."""


def channel_of(code: str | None) -> str | None:
    """The channel that a provider's code means, or None for an empty or unknown one."""
    normal = normalise(code)
    if normal in LABELS:
        return normal
    if normal in _ALIASES:
        return _ALIASES[normal]
    return next((channel for word, channel in _WORDS if word in normal), None)


def normalise(code: str | None) -> str:
    """A code without its `api_` prefix, lower case, words joined by one underscore; the store keeps 60 characters."""
    plain = (code or "")[:60].strip().lower().replace("-", "_").replace(" ", "_")
    return plain.removeprefix("api_")


def label_of(code: str | None) -> str:
    """What to call a provider's code on screen."""
    channel = channel_of(code)
    return LABELS[channel] if channel else (code or "no channel")


def is_selected(code: str | None, selected: tuple[str, ...]) -> bool:
    """Whether a charge of this code is to be synced: an empty selection means all channels."""
    if not selected or ALL in selected:
        return True
    return (channel_of(code) or normalise(code)) in selected
