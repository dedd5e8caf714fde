"""What a target may be like: the scenarios of `python -m tests.bench.limit`."""

from __future__ import annotations

from tests.bench.limit_world import Scenario

__all__ = ["SCENARIOS"]

SCENARIOS = (
    Scenario(name="capacity 5", capacity=((0.0, 5.0),)),
    Scenario(name="capacity 50", capacity=((0.0, 50.0),)),
    Scenario(name="capacity 500", capacity=((0.0, 500.0),), seconds=15, settled_at=5),
    Scenario(name="capacity 50, 503 when 10 wait", capacity=((0.0, 50.0),), queue=10),
    Scenario(
        name="capacity 20, from 15 s 200",
        capacity=((0.0, 20.0), (15.0, 200.0)),
        settled_at=20,
    ),
    Scenario(
        name="capacity 200, from 15 s 20",
        capacity=((0.0, 200.0), (15.0, 20.0)),
        settled_at=20,
    ),
    Scenario(
        name="the same, 503 when 40 wait",
        capacity=((0.0, 200.0), (15.0, 20.0)),
        queue=40,
        settled_at=20,
    ),
    Scenario(name="latency grows with load", load_scale=50),
    Scenario(
        name="three times as slow from 10 to 20 s",
        capacity=((0.0, 100.0),),
        latency=((0.0, 0.05), (10.0, 0.15), (20.0, 0.05)),
    ),
    Scenario(name="429 beyond 30/s", rate=((0.0, 30.0),), seconds=60, settled_at=20),
    Scenario(name="429 beyond 400/s", rate=((0.0, 400.0),)),
    Scenario(
        name="429 beyond 400/s, 1 s saved up",
        rate=((0.0, 400.0),),
        burst_seconds=1.0,
        seconds=60,
        settled_at=20,
    ),
    Scenario(
        name="429 beyond 400/s, from 30 to 60 s 40/s",
        rate=((0.0, 400.0), (30.0, 40.0), (60.0, 400.0)),
        seconds=90,
        settled_at=70,
    ),
    Scenario(
        name="no answer beyond 100 at once",
        capacity=((0.0, 100.0),),
        queue=0,
        is_silent=True,
        timeout_seconds=2.0,
        seconds=60,
        settled_at=20,
    ),
    Scenario(
        name="one profile always times out",
        capacity=((0.0, 50.0),),
        slow_profile_seconds=30.0,
        seconds=60,
    ),
    Scenario(
        name="one profile takes 3 s, capacity 5",
        capacity=((0.0, 5.0),),
        slow_profile_seconds=3.0,
        seconds=60,
    ),
    Scenario(
        name="503 from 20 to 40 s",
        capacity=((0.0, 50.0),),
        outage=(20.0, 40.0),
        seconds=120,
        settled_at=60,
    ),
    Scenario(
        name="no answer from 20 to 40 s",
        capacity=((0.0, 50.0),),
        outage=(20.0, 40.0),
        is_silent=True,
        timeout_seconds=2.0,
        seconds=120,
        settled_at=60,
    ),
    *(
        Scenario(
            name=f"{share:.2%} are refused, however few there are",
            capacity=((0.0, 50.0),),
            fault_share=share,
            seconds=120,
            settled_at=30,
        )
        for share in (0.005, 0.0075, 0.01, 0.015, 0.03, 0.1, 0.25)
    ),
    Scenario(
        name="3 % are refused, and 429 beyond 400/s",
        rate=((0.0, 400.0),),
        fault_share=0.03,
        seconds=120,
        settled_at=30,
    ),
    Scenario(
        name="3 % are refused, capacity 5",
        capacity=((0.0, 5.0),),
        fault_share=0.03,
        seconds=120,
        settled_at=30,
    ),
    Scenario(
        name="3 % are refused, capacity 200, from 60 s 20",
        capacity=((0.0, 200.0), (60.0, 20.0)),
        queue=40,
        fault_share=0.03,
        seconds=120,
        settled_at=30,
    ),
    *(
        Scenario(
            name=f"{share:.0%} are not answered, however few there are",
            capacity=((0.0, 50.0),),
            fault_share=share,
            is_silent=True,
            timeout_seconds=2.0,
            seconds=180,
            settled_at=120,
        )
        for share in (0.01, 0.03)
    ),
)
