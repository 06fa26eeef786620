"""Provider codes and the sales channels they mean."""

from __future__ import annotations

import pytest

from app.domain.channels import channel_of, is_selected, label_of, normalise


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("api_woocomm", "WooCommerce"),
        ("api_prestashop", "Prestashop"),
        ("api_magento", "Magento"),
        ("api_opencart", "OpenCart"),
        ("api_store", "Online Store"),
        ("online_store", "Online Store"),
        ("store_checkout", "Online Store"),
        ("point_of_sale", "Point of Sale"),
        ("quick_sale", "Point of Sale"),
        ("api_recurring_dashboard", "Recurring Billing"),
        ("API_Shopify", "Shopify"),
        ("payment_link", "Payment Links"),
        ("api_custom", "Custom API"),
        ("google-forms", "Google Forms"),
        ("api_odoo", "api_odoo"),
        (None, "no channel"),
    ],
)
def test_code_is_called_by_the_label_a_person_ticks(code: str | None, label: str) -> None:
    assert label_of(code) == label


@pytest.mark.parametrize("code", ["api_store", None, "", "never_seen"])
def test_no_selection_means_all_channels(code: str | None) -> None:
    assert is_selected(code, ())
    assert is_selected(code, ("all",))


def test_selection_takes_its_channels_and_no_others() -> None:
    assert is_selected("api_shopify", ("shopify",))
    assert not is_selected("api_store", ("shopify",))
    assert not is_selected(None, ("shopify",))


def test_unknown_code_is_taken_if_it_was_ticked_itself() -> None:
    assert channel_of("api_odoo") is None
    assert is_selected("api_odoo", ("odoo",))


def test_long_code_is_the_same_as_what_is_kept_of_it() -> None:
    assert is_selected("x" * 80, (normalise("x" * 60),))
