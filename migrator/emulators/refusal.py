"""How a practice account says no in the middle of its work."""

from migrator.emulators.messages import Answer


class Refusal(Exception):
    """An answer that ends a request before anything is stored. It never leaves the account that raised it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer
