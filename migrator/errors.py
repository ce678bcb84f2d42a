"""What can go wrong, as one tree.

    MigratorError                 exit  1  a defect of this program
    ├── SpecError                       3  fix the mapping, the settings or the connector file
    ├── SourceError                     4  the source cannot be read as declared
    ├── PlanError                       6  this plan may not be applied
    │   └── GuardTripped                4  it was made, but its rejects go beyond what the mapping allows
    ├── TargetError                     9  the target does not let us in or is not there
    │   └── Busy                        7  it asks us to come back later
    └── StoreError                      7  the disk, the plan file or the ledger refuses
        └── Locked                      8  another run holds the ledger

Branches say what the run does next. Trouble with one row or one record is a value (`Problem`, `Outcome`), never an
exception.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One finding: where it stands, what is the case, what to do about it.

    `field` and `value` name the column or target field of a row and the text found there; they are empty elsewhere.
    """

    code: str
    fact: str
    place: str = ""
    hint: str = ""
    field: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.code} {self.fact}{hint}"


class MigratorError(Exception):
    """The root: one or more problems, and the exit code of a command that ends with them."""

    exit_code = 1

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class SpecError(MigratorError):
    """The mapping, the settings or a connector file must be mended first."""

    exit_code = 3


class SourceError(MigratorError):
    """The source is missing or is not what the mapping says it is."""

    exit_code = 4


class PlanError(MigratorError):
    """The plan is stale, edited, used up or made for another target: nothing was written."""

    exit_code = 6


class GuardTripped(PlanError):
    """The plan was made, but more rows are rejected than its mapping allows."""

    exit_code = 4


class TargetError(MigratorError):
    """The target is unreachable or does not accept who we are."""

    exit_code = 9


class Busy(TargetError):
    """The target is there and knows us, but cannot go on now."""

    exit_code = 7


class StoreError(MigratorError):
    """The plan file or the ledger cannot be read or written: nothing is lost, mend the cause and run again."""

    exit_code = 7


class Locked(StoreError):
    """Another run holds the ledger."""

    exit_code = 8
