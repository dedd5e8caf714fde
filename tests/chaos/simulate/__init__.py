"""Whole histories of several processes on one virtual clock, each from one seed.

    python -m tests.chaos.simulate --seed 7 --trace
    python -m tests.chaos.simulate --seeds 150

Theory of operation: the pipelines are the real ones, assembled as a run assembles them.
Their outside is played by fakes that pass the contract suites of the real parts: a
broker with a consumer group, the target, the letters' topic, a schema registry. `plan`
draws from the seed what is published and which faults come when; `clock` moves one time
for all; `judge` holds the ten promises against what the outside saw, at every moment
where a promise is about every moment; `states` counts which corners were reached.

Rules:
    - A history is a function of its seed: no thread, no wall clock, no other randomness.
    - The judge reads the broker's log of commits, the letters and the target's log of
      calls, and `statistics()`; it never asks the scheduler why.
    - Faults end. Then everything must drain.
"""
