"""The harness can fail: with one promise broken, some cell of the short form is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import mails
from tests.faults.inside.campaign import Campaign, campaign
from tests.faults.mutants import MUTANTS, switched_on
from tests.faults.mutating import ON_MAILS, first_wrong


@pytest.fixture(scope="module")
def ready() -> Iterator[Campaign]:
    with campaign("G1") as made:
        yield made


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in ON_MAILS])
def test_the_harness_finds_every_mutant(ready: Campaign, name: str) -> None:
    with switched_on(name):
        assert first_wrong(ready, name)


@pytest.mark.parametrize("name", ON_MAILS)
def test_a_lost_mail_is_found(name: str) -> None:
    assert mails.what_is_wrong() == ""
    with switched_on(name):
        assert mails.what_is_wrong()


def test_a_mutant_that_nobody_knows_is_refused() -> None:
    with pytest.raises(KeyError), switched_on("M99"):
        pass
