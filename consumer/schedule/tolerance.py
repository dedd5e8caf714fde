"""How much trouble is none of the limit's making.

Rules:
    - Three answers in four hundred may say overload without a consequence, two and a
      half of them together. Where a limit is tried that was not borne before, each
      counts twice.
    - A limit that fell to half of what was borne stays there until it is known how
      frequent trouble is, and then returns for as long. If trouble is as frequent at
      half, load has no part in it (one sick server behind a balancer): the limit stays
      where it is, and half as much again is tolerated for five minutes, or until that
      does not suffice.
    - If trouble ended at half, or grew with the return, load made it.
    - Where more than half of all answers say overload, there is nothing to find out:
      that is load, or an outage.

Theory of operation:
    What load makes are the calls beyond what is borne: `limit - borne` of them. So if it
    makes any at half the limit, it makes at least half of all calls bad at the whole.
    A share at the whole that is well below this shows that load had no part in what
    there was at half, even when it has one now: then that share is tolerated, and the
    limit stays at half. Shares are those of the time that calls are under way: a
    refusal is quick, a time-out is slow. Equal times are compared.

    The tolerated calls are a bucket, filled by what is accepted: a sequential test of
    one share against another, that forgets.
"""

from __future__ import annotations

import enum

__all__ = ["Tolerance", "Verdict"]

LEAST_SHARE = 0.0075
LEAST_PARDONS, MOST_PARDONS = 2.5, 8.0  # that may come together
UNKNOWN_COST = 2.0
MORE = 1.5  # is tolerated than was found
REFILL = 0.5  # of the bucket, when the limit falls
TOLERATED_SECONDS = 300.0
LEAST_HALF = 0.25
FEWEST_BAD, ENOUGH_BAD = 3, 50
FEWEST_ANSWERS, FEW_ANSWERS, ENOUGH_ANSWERS = 40, 200, 4000
JUDGED_SECONDS = 4.0  # at each of the two limits, at most
FEW_JUDGED_SECONDS = 10.0  # where answers are few
MOST_BAD_SHARE = 0.5
MADE_BY_LOAD = 1.5  # quotient of the odds: 1 if load has no part, else 2 or more
SURELY_MADE_BY_LOAD, MORE_BAD = 4.0, 10.0  # times what is expected, and so many more
NEVER = float("-inf")


class Verdict(enum.Enum):
    """What was found out about trouble.

    At half the limit: `NO_MORE` is seen of it, there is `TOO_MUCH` even here, or it is
    to `RETURN`. Back at the whole: it is `LOAD`, or `NO_LOAD`.
    """

    NO_MORE = enum.auto()
    TOO_MUCH = enum.auto()
    RETURN = enum.auto()
    LOAD = enum.auto()
    NO_LOAD = enum.auto()


class Tolerance:
    """What is pardoned, and what is found out about it. Owned by a limit.

    Attributes:
        is_judging: True while the limit stays as it is, to be judged.
    """

    __slots__ = (
        "_at_half",
        "_bad",
        "_began",
        "_borne",
        "_ends",
        "_good",
        "_late",
        "_most",
        "_pardons",
        "_share",
        "_tolerant_until",
        "_weight",
        "is_judging",
    )

    def __init__(self) -> None:
        self.is_judging = False
        self._share = LEAST_SHARE
        self._pardons = self._most = LEAST_PARDONS
        self._tolerant_until = NEVER
        self._borne = 0.0  # the largest limit at which trouble began
        self._at_half: tuple[int, int] | None = None  # bad answers, good answers
        self._bad = self._good = 0
        self._began = self._ends = NEVER
        self._late = self._weight = 0.0

    def note_accepted(self) -> None:
        """Refill the pardons."""
        if self._pardons < self._most:
            self._pardons += self._share

    def pardons(self, *, is_known: bool) -> bool:
        """Tell whether one more answer may say overload without a consequence.

        Args:
            is_known: True when the limit was borne before.
        """
        cost = 1.0 if is_known or self._share > LEAST_SHARE else UNKNOWN_COST
        if self._pardons < cost:
            return False
        self._pardons -= cost
        return True

    def note_borne(self, limit: float) -> None:
        """Note that trouble began at a limit; what comes of it is no news of that."""
        self._borne = max(self._borne, limit)

    def fall(self, least: float, now: float, late: float, base: float) -> float:
        """Return the limit to fall to: `least`, or half of what was borne.

        Args:
            least: What the limit is to be.
            now: The time.
            late: How many seconds after its sending an answer says overload.
            base: How many seconds a delivery takes; `late` where calls are spaced, and
                an early answer makes no room for a call.
        """
        if self._share > LEAST_SHARE:
            self._pardons = max(self._pardons, REFILL * self._most)
        self._borne = self._borne or least
        half = self._borne / 2
        if least > half or half < LEAST_HALF:
            return least
        self._at_half = None
        self._late = late
        self._weight = late / base if late > 0.0 and base > 0.0 else 1.0
        self._begin(now + late, now + 2.0 * late)
        return half

    def judge(self, limit: float, now: float, *, is_bad: bool) -> Verdict | None:
        """Note an answer while judging; None while nothing is found out."""
        if now < self._began:
            return None
        if is_bad:
            self._bad += 1
        else:
            self._good += 1
        bad, answers = self._bad, self._bad + self._good
        # What is refused is answered first: so many at least have been sent.
        is_hopeless = bad > MOST_BAD_SHARE * max(answers, FEWEST_ANSWERS + limit)
        if self._at_half is None:
            return self._judge_half(limit, now, is_hopeless=is_hopeless)
        return self._judge_return(self._at_half, limit, now, is_hopeless=is_hopeless)

    def _judge_half(
        self, limit: float, now: float, *, is_hopeless: bool
    ) -> Verdict | None:
        bad, good = self._bad, self._good
        if is_hopeless:
            # Where nothing at all is accepted, nothing is learnt of a limit.
            return self._by_load(limit, Verdict.TOO_MUCH if good else Verdict.NO_MORE)
        if now < self._ends:
            return None
        answers = bad + good
        likely = bad + 2.0 * bad**0.5 + 1.0  # at most, but for one time in twenty
        is_over = answers >= FEW_ANSWERS and likely < LEAST_SHARE * answers
        is_enough = bad >= ENOUGH_BAD or answers >= ENOUGH_ANSWERS
        seconds = JUDGED_SECONDS if answers >= FEW_ANSWERS else FEW_JUDGED_SECONDS
        if not (is_over or is_enough or now >= self._began + seconds):
            return None
        if is_over or bad < FEWEST_BAD:
            return self._by_load(limit, Verdict.NO_MORE)
        if bad > MOST_BAD_SHARE * answers:
            return self._by_load(limit, Verdict.TOO_MUCH)
        self._at_half = bad, good
        began = now + self._late
        self._begin(began, began + now - self._began)
        return Verdict.RETURN

    def _judge_return(
        self, at_half: tuple[int, int], limit: float, now: float, *, is_hopeless: bool
    ) -> Verdict | None:
        bad, good = self._bad, self._good
        bad_before, good_before = at_half
        # What is refused is answered first: so many at most have been sent.
        expected = (bad + good + limit) * bad_before / (bad_before + good_before)
        if is_hopeless or bad > SURELY_MADE_BY_LOAD * expected + MORE_BAD:
            return self._by_load(limit / 2, Verdict.LOAD)
        if now < self._ends:
            return None
        # The fewer there were, the more the quotient strays.
        most = MADE_BY_LOAD * (1.0 + (1.0 / bad_before + 1.0 / max(bad, 1)) ** 0.5)
        if bad * good_before <= most * bad_before * good:
            self._tolerate(limit, bad / (bad + good), now)
            return Verdict.NO_LOAD
        found = self._by_load(limit / 2, Verdict.LOAD)
        before = self._time_share(bad_before, good_before)
        if self._time_share(bad, good) <= before + (1.0 - before) / 8:
            # Far from the half that it would be at least.
            self._tolerate(limit / 2, bad_before / (bad_before + good_before), now)
        return found

    def end_round(self, now: float) -> None:
        """Forget what was tolerated for so long."""
        if self._share > LEAST_SHARE and now >= self._tolerant_until:
            self._share, self._most = LEAST_SHARE, LEAST_PARDONS
            self._pardons = min(self._pardons, LEAST_PARDONS)

    def _time_share(self, bad: int, good: int) -> float:
        """Return how much of the time of all calls the bad ones take."""
        weighted = bad * self._weight
        return weighted / (weighted + good)

    def _begin(self, now: float, ends: float) -> None:
        self.is_judging = True
        self._bad = self._good = 0
        self._began, self._ends = now, ends

    def _by_load(self, limit: float, verdict: Verdict) -> Verdict:
        self.is_judging = False
        self._borne = limit
        return verdict

    def _tolerate(self, limit: float, share: float, now: float) -> None:
        self.is_judging = False
        self._borne = 0.0
        self._share = LEAST_SHARE + MORE * share
        # Of the calls that are sent at once, the refused are answered first.
        self._most = self._pardons = MOST_PARDONS + self._share * limit
        self._tolerant_until = now + TOLERATED_SECONDS
