"""M5xx: what a file may say and does not mean."""

from __future__ import annotations

from consumer.catalogue.section import Section
from consumer.mapping.catalogue.entry import LOYALTY, entry
from consumer.mapping.faults import FaultCode

__all__ = ["ADVICE"]

TEST = """
tests:
  - name: a borrower
    base: fixtures/loan.json
    contains: {attributes: {borrower: "true"}}
"""

ADVICE: tuple[Section, ...] = (
    entry(
        FaultCode.NO_SUCH_VALUE,
        "The comparison never holds, so every record would be skipped in silence, or take "
        "the other branch.",
        wrong="""
when: event.status == "FUNDET"
""",
        found="1:7 The enum `event.status` has no `FUNDET`. | Did you mean `FUNDED`?",
        right="""
when: event.status == "FUNDED"
""",
    ),
    entry(
        FaultCode.NEVER_TRUE,
        "Whatever stands behind it would never run.",
        wrong="""
when: event.status == "FUNDED" && event.status == "DECLINED"
""",
        found="1:7 No record meets this condition: `event.status` would need a value that it cannot have. | Mend it, or remove what it guards.",
        right="""
when: event.status == "FUNDED" || event.status == "DECLINED"
""",
    ),
    entry(
        FaultCode.UNKNOWN_EXPECTED,
        "Such a test can never pass.",
        wrong="""
tests:
  - name: a borrower
    contains: {attributes: {borower: "true"}}
""",
        found="3:29 The test expects `borower`, and no rule makes it. | Did you mean `borrower`?",
        right="""
tests:
  - name: a borrower
    contains: {attributes: {borrower: "true"}}
""",
    ),
    entry(
        FaultCode.NO_FIXTURE,
        "The test has no record to begin with.",
        wrong=TEST.replace("loan.json", "lone.json"),
        found="3:11 There is no fixture `fixtures/lone.json`. | Did you mean `fixtures/loan.json`?",
        right=TEST,
        beside=TEST.replace("tests:", "name: other\ntests:"),
    ),
    entry(
        FaultCode.UNUSED_FIXTURE,
        "It looks as if something were tested with it; the fixture is `fixtures/loan.json`.",
        wrong=TEST.replace("    base: fixtures/loan.json\n", ""),
        found="fixtures/loan.json No test names this fixture. | Name it as `base` of a test, or remove it.",
        right=TEST,
        is_warning=True,
    ),
    entry(
        FaultCode.PERSONAL,
        "What Target has is seen by everybody who works with it, and is hard to take back. "
        "A field is likely personal by its name, by `pii: true` or a tag `PII` of its "
        "schema, or by a `doc` that says `Personal:`.",
        wrong="""
attributes:
  birthday: {from: member.birthday, missing: skip}
""",
        found="2:3 `birthday` writes `member.birthday`, which looks like personal data (its `doc` says so). | Hash it, such as `apply: [trim, lowercase, {hmac_sha256: KEY}]`, or say `personal: true` when Target may have it.",
        right="""
attributes:
  birthday: {from: member.birthday, missing: skip, personal: true}
""",
        event=LOYALTY,
        is_warning=True,
    ),
)
