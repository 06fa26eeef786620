"""What a service answers when it won't do what a person asked: a sentence, and the field it belongs to."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):  # noqa: N818 - the answer to a person, not a failure of the program
    """Nothing was changed. `sentence` says what happened, why and what to do; `detail` is the vendor's own word.

    `problems` maps form fields to the sentence beside each; empty when the refusal concerns no field.
    """

    def __init__(
        self, sentence: str, *, field: str = "", detail: str = "", problems: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail
        self.problems: dict[str, str] = dict(problems or ({field: sentence} if field else {}))
