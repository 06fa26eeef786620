"""The fault matrix as a table: which cells apply, and what hits them. A test fails if one is left out."""

from __future__ import annotations

from tests.faults.inside.disasters import AT_CALLS, AT_POINTS, AT_REPLIES, LOOK_UPS, READS, SPOILED
from tests.faults.inside.trials import Strike, Trial

Cell = tuple[str, str]
"""Row and column."""

COLUMNS = ("token", "contact", "invoice", "payment", "expense", "credit note", "deposit", "look-up", "provider")
WRITTEN = COLUMNS[1:7]
DOCUMENTS = COLUMNS[2:7]

_COLUMN_OF = {
    "refresh": "token",
    "create_contact": "contact",
    "create_invoice": "invoice",
    "create_customer_payment": "payment",
    "create_expense": "expense",
    "create_credit_note": "credit note",
    "create_credit_note_refund": "credit note",
    "create_bank_transaction": "deposit",
    "create_transfer": "deposit",
    "create_expense_refund": "deposit",
} | dict.fromkeys(LOOK_UPS, "look-up") | dict.fromkeys(READS, "provider")  # fmt: skip

_KILLED_AT = {
    "before_claim": ("F01",), "after_claim": ("F02",), "after_reply": ("F04",), "between_effects": ("F05",),
}  # fmt: skip
_KILLED_IN_CALL = {"call": ("F01", "F02"), "reply": ("F03", "F04")}
"""What has no claim of its own (a token, a contact, a read) dies before it is sent or after it is answered."""


def column_of(detail: str) -> str:
    """The column of an operation, an action or a customer's name; "" if it has none."""
    return _COLUMN_OF.get(detail, "contact" if detail.startswith("HitPay Sales") else "")


def cells_of(trial: Trial, strike: Strike) -> set[Cell]:
    """The cells that one strike of a trial hits."""
    column = column_of(strike.detail)
    if strike.name == "killed":
        rows = {"F03"} if strike.place == "reply" else set(_KILLED_AT.get(strike.place, ()))
        rows |= set() if column in DOCUMENTS else set(_KILLED_IN_CALL.get(strike.place, ()))
        cells = {(row, column) for row in rows | {"F06"}}
    elif strike.name in SPOILED:
        cells = {(SPOILED[strike.name].row, column)}
        if column == "token" and strike.name == "503, not applied":
            cells |= {("F21", one) for one in COLUMNS[:8]}  # without a token nothing of a run can be written
        if column == "look-up" and SPOILED[strike.name].row == "F12":
            cells |= {("F33", column_of(one.detail)) for one in trial.storm[0]} | {("F33", "look-up")}
    elif strike.name == "put back":
        return {("F30", one) for one in ("invoice", "payment", "expense", "credit note", "deposit")}
    else:
        cells = {((AT_POINTS | AT_CALLS | AT_REPLIES)[strike.name][0], column)}
        if strike.place in ("looked_up",):
            cells |= {(row, "look-up") for row, _column in cells}
    if trial.lag:
        cells |= {("F32", column), ("F32", "look-up")}
    return {cell for cell in cells if cell[1]}


def _rows(first: int, last: int) -> list[str]:
    return [f"F{number:02d}" for number in range(first, last + 1)]


INSIDE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_rows(1, 4), COLUMNS),
    "F05": DOCUMENTS,
    "F06": COLUMNS,
    "F07": COLUMNS,
    "F08": COLUMNS, "F09": COLUMNS,
    "F10": WRITTEN,
    "F11": COLUMNS, "F12": COLUMNS, "F13": COLUMNS,
    "F14": COLUMNS[1:],
    "F15": COLUMNS, "F16": COLUMNS, "F17": COLUMNS[:8], "F18": COLUMNS, "F19": COLUMNS[1:],
    "F21": COLUMNS[:8],
    "F23": DOCUMENTS, "F24": DOCUMENTS, "F25": DOCUMENTS,
    "F30": DOCUMENTS,
    "F27": DOCUMENTS, "F28": DOCUMENTS, "F29": DOCUMENTS,
    "F32": (*WRITTEN, "look-up"), "F33": (*WRITTEN, "look-up"),
}  # fmt: skip
"""Cells that the trials in this process have to hit, by row."""

ELSEWHERE: dict[tuple[str, str], str] = {
    ("F14", "token"): "tests/services/connections/test_tokens.py",
    ("F20", "*"): "tests/services/connections/test_tokens.py",
    ("F22", "*"): "tests/services/connections/test_reconnecting.py",
    ("F23", "*"): "tests/faults/test_processes.py",
    ("F24", "*"): "tests/faults/test_processes.py",
    ("F25", "*"): "tests/faults/test_inside.py",
    ("F26", "*"): "tests/ninety_days/test_ninety_days.py",
    ("F27", "*"): "tests/faults/test_inside.py",
    ("F28", "*"): "tests/faults/test_inside.py",
    ("F29", "*"): "tests/faults/test_inside.py",
    ("F30", "*"): "tests/faults/test_inside.py",
    ("F31", "*"): "tests/faults/test_inside.py",
    ("F34", "*"): "tests/faults/test_people.py",
    ("F35", "*"): "tests/faults/test_people.py",
    ("F36", "*"): "tests/providers/test_hitpay_against_simulator.py",
    ("F37", "*"): "tests/services/planning/test_refunds.py",
    ("F38", "*"): "tests/services/planning/test_bulk.py",
    ("F39", "*"): "tests/web/test_webhooks.py",
    ("F40", "*"): "tests/services/alerts/test_mailing.py",
    ("F41", "*"): "tests/services/planning/test_plans_any_world.py",
    ("F42", "*"): "tests/services/planning/test_malformed.py",
}
"""What is hit by a test of its own: the file, by row and column (`*` for the columns that aren't named)."""

DOES_NOT_APPLY: dict[tuple[str, str], str] = {
    ("F05", "*"): "only documents stand in a group",
    ("F10", "*"): "only a write can land late",
    ("F17", "provider"): "HitPay has no quota a day",
    ("F19", "token"): "the token is what is renewed",
    ("F21", "provider"): "HitPay knows no tokens",
    ("F32", "*"): "only documents and customers are looked for in lists",
    ("F33", "*"): "only documents and customers are looked for in lists",
}


def who_hits(row: str, column: str) -> str:
    """What hits a cell, or why nothing does; "" if nobody has thought of it."""
    if column in INSIDE.get(row, ()):
        return "inside"
    for table in (ELSEWHERE, DOES_NOT_APPLY):
        for key in ((row, column), (row, "*")):
            if key in table:
                return table[key]
    return ""


def due() -> set[Cell]:
    """The cells that trials have to hit."""
    return {(row, column) for row, columns in INSIDE.items() for column in columns}
