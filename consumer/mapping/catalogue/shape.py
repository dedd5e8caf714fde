"""M1xx: what a mapping file may have wrong before anybody looks at its schema."""

from __future__ import annotations

from consumer.catalogue.section import Section
from consumer.mapping.catalogue.entry import entry
from consumer.mapping.faults import FaultCode

__all__ = ["SHAPE"]

SHAPE: tuple[Section, ...] = (
    entry(
        FaultCode.UNKNOWN_KEY,
        "A key that nobody reads would be ignored, and the file would not do what it says.",
        wrong="""
attributes:
  loanRate: {from: loan.rate, mising: skip}
""",
        found="2:31 There is no key `mising` here. | Did you mean `missing`?",
        right="""
attributes:
  loanRate: {from: loan.rate, missing: skip}
""",
    ),
    entry(
        FaultCode.MISSING_KEY,
        "Without it nobody can know what the file is about.",
        wrong="""
cases:
  - when: event.loan.score > 700
""",
        found="2:5 The key `attributes` is missing. | Add `attributes:`.",
        right="""
cases:
  - when: event.loan.score > 700
    attributes: {loanBand: {value: prime}}
""",
    ),
    entry(
        FaultCode.NOT_A_CHOICE,
        "Only the listed words have a meaning here.",
        wrong="""
priority: urgent
""",
        found="1:11 `priority` is none of the choices. | It is one of: high, normal or low.",
        right="""
priority: high
""",
    ),
    entry(
        FaultCode.WRONG_SHAPE,
        "A value of another kind is never converted by guessing: `yes` or `010` mean "
        "different things to different readers.",
        wrong="""
attributes:
  borrower: {value: 1}
""",
        found="2:21 `value` has the wrong shape: it must be a text. | Quote it to make it a text.",
        right="""
attributes:
  borrower: {value: "1"}
""",
    ),
    entry(
        FaultCode.NOT_BUILT,
        "A key that this version does not act on is refused, never ignored.",
        wrong="""
profile: {ecid: customer.crm_id}
""",
        found="1:17 `ecid` needs the delivery endpoint, which is not built yet. | Use `third_party_id` or `pc_id`.",
        right="""
profile: {third_party_id: customer.crm_id}
""",
    ),
    entry(
        FaultCode.ONE_OF,
        "With none or with several of them, it would be open which one counts.",
        wrong="""
attributes:
  loanRate: {from: loan.rate, value: "5"}
""",
        found="2:13 A rule has exactly one of `from`, `cel` and `value`. | Write a path, or one of the three keys.",
        right="""
attributes:
  loanRate: {from: loan.rate}
""",
    ),
    entry(
        FaultCode.EMPTY_TEXT,
        "Target takes an empty value for no value, and keeps what it had.",
        wrong="""
attributes:
  emailHash: {from: customer.email, missing: {use: ""}, apply: [sha256]}
""",
        found="2:52 An empty text cannot be stored. | Write a word that stands for nothing, such as `none`.",
        right="""
attributes:
  emailHash: {from: customer.email, missing: clear, apply: [sha256]}
""",
    ),
    entry(
        FaultCode.BAD_REGEX,
        "A pattern that cannot be read claims no topic at all.",
        wrong="""
source: {pattern: "crm.(loan", schema: crm.LoanFunded}
""",
        found="1:19 The pattern is no regular expression: missing ), unterminated subpattern. | Write one such as `crm\\..*`.",
        right="""
source: {pattern: "crm[.]loan-.*", schema: crm.LoanFunded}
""",
    ),
)
