"""One HitPay account belongs to one business: else its sales would be posted twice."""

from __future__ import annotations

import pytest

from app.services.connections import provider_connection
from app.services.refusals import Refusal
from tests.shop import Shop


def test_key_of_another_business_is_refused_until_it_is_free(shop: Shop) -> None:
    first = shop.open_business("First")
    shop.connect_provider()
    second = shop.open_business("Second")

    with pytest.raises(Refusal, match="in use for another business already"):
        shop.connect_provider()
    assert provider_connection.view(shop.outside, second).status == "not_connected"

    provider_connection.disconnect(shop.outside, first)
    shop.connect_provider()
    assert provider_connection.view(shop.outside, second).connected
