"""Bugs on purpose, each of which the histories must find: else they prove nothing.

A mutant changes one rule of the consumer in the process that it is put in force in, for
good. Each names the promise that it breaks; it is found when any promise is seen to be
broken, since a lost record, say, may first be seen as one that never ends.

Rules:
    - A mutant that does not fit the code any more is an error, not a survivor.
    - No bug is here that only repeats records, or only delays them: that is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.chaos.simulate import bugs_of_fences, bugs_of_flow, bugs_of_records
from tests.chaos.simulate.bugs import ENTERED, Mutant

__all__ = ["MUTANTS"]

# In the order in which the modules entered them.
MODULES = (bugs_of_records, bugs_of_flow, bugs_of_fences)
MUTANTS: Mapping[str, Mutant] = ENTERED
