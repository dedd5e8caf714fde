"""M4xx: names, and what files of one set have wrong together."""

from __future__ import annotations

from consumer.catalogue.section import Section
from consumer.mapping.catalogue.entry import entry
from consumer.mapping.faults import FaultCode

__all__ = ["SETS"]

SETS: tuple[Section, ...] = (
    entry(
        FaultCode.BAD_NAME,
        "Target or Kafka would refuse the name, or take it for another one.",
        wrong="""
attributes:
  loan amount: loan.amount
""",
        found="2:3 `loan amount` cannot name an attribute. | Begin with a letter; use letters, digits, `-`, `_` and `.`, at most 128.",
        right="""
attributes:
  loanAmount: loan.amount
""",
    ),
    entry(
        FaultCode.RESERVED_NAME,
        "Target would ignore the value, or take it for something of its own.",
        wrong="""
attributes:
  user.segment: loan.currency
""",
        found="2:3 `user.segment` is reserved: script attributes begin so. | Choose another name.",
        right="""
attributes:
  loanCurrency: loan.currency
""",
    ),
    entry(
        FaultCode.DUPLICATE_NAME,
        "The name stands on dead letters, spans and metrics: two would be one there.",
        wrong="""
name: loan-funded
""",
        found="1:7 a.yaml is named `loan-funded`, too. | Give each mapping a name of its own.",
        right="""
name: loan-funded-region
""",
        beside="""
name: loan-funded
attributes: {loanRate: loan.rate}
""",
    ),
    entry(
        FaultCode.ENDPOINTS_DIFFER,
        "Items of one record for one profile are sent together, so they have one endpoint.",
        wrong="""
name: loan-region
endpoint: single
""",
        found="2:11 `loan-funded` sends records of crm.loan-funded.v1 by `auto`, this by `single`. | Name the same endpoint in all mappings of a topic.",
        right="""
name: loan-region
""",
        beside="""
name: loan-funded
attributes: {loanRate: loan.rate}
""",
    ),
    entry(
        FaultCode.FRAMINGS_DIFFER,
        "The bytes of a record are read once, before any mapping sees it.",
        wrong="""
name: loan-region
source: {topic: crm.loan-funded.v1, schema: crm.LoanFunded, framing: bare}
""",
        found="2:70 `loan-funded` reads crm.loan-funded.v1 as `auto`, this as `bare`. | Name the same framing in all mappings of a topic.",
        right="""
name: loan-region
source: {topic: crm.loan-funded.v1, schema: crm.LoanFunded}
""",
        beside="""
name: loan-funded
attributes: {loanRate: loan.rate}
""",
    ),
    entry(
        FaultCode.SHARED_ATTRIBUTE,
        "Order is kept within a topic only: the older value could win.",
        wrong="""
name: loan-closed
source: {topic: crm.loan-closed.v1, schema: crm.LoanFunded}
attributes:
  loanRate: loan.rate
""",
        found="4:3 `loan-funded` writes `loanRate`, too, from another topic. | Choose another name, or give both mappings a `stamp`: between topics there is no order, so the older value could win.",
        right="""
name: loan-closed
source: {topic: crm.loan-closed.v1, schema: crm.LoanFunded}
attributes:
  closedLoanRate: loan.rate
""",
        beside="""
name: loan-funded
attributes: {loanRate: loan.rate}
""",
    ),
    entry(
        FaultCode.TOO_LONG,
        "Target cuts or refuses a longer value.",
        wrong=f"""
attributes:
  borrower: {{value: {"x" * 257}}}
""",
        found="2:21 The text has 257 characters; Target takes 256. | Shorten it.",
        right="""
attributes:
  borrower: {value: x}
""",
    ),
    entry(
        FaultCode.UNREACHABLE_CASE,
        "The first case that holds is taken, and one without `when` always holds.",
        wrong="""
cases:
  - attributes: {loanBand: {value: standard}}
  - when: event.loan.score > 700
    attributes: {loanBand: {value: prime}}
""",
        found="3:5 This case is never reached: the one before has no `when`. | Give that one a `when`, or move it to the end.",
        right="""
cases:
  - when: event.loan.score > 700
    attributes: {loanBand: {value: prime}}
  - attributes: {loanBand: {value: standard}}
""",
    ),
    entry(
        FaultCode.NOTHING_WRITTEN,
        "The file, or this part of it, would do nothing.",
        wrong="""
attributes: {}
""",
        found="1:13 No attribute is written. | Add one.",
        right="""
attributes: {borrower: {value: "true"}}
""",
    ),
    entry(
        FaultCode.BAD_STAMP,
        "A stamp tells a reader how old a value is, so it needs a moment and a name.",
        wrong="""
stamp: loanAsOf
attributes: {borrower: {value: "true"}}
""",
        found="1:8 `stamp` writes when it happened, and the file does not say when. | Add `occurred_at`.",
        right="""
stamp: loanAsOf
occurred_at: funded_at
attributes: {borrower: {value: "true"}}
""",
    ),
    entry(
        FaultCode.NO_HOLD,
        "How long an update may wait for others is the author's to say; nothing is assumed.",
        wrong="""
merge: window
attributes: {borrower: {value: "true"}}
""",
        found="1:8 `merge: window` holds every update for `send_within`, and there is none. | Add one, such as `send_within: 30s`.",
        right="""
merge: window
send_within: 30s
attributes: {borrower: {value: "true"}}
""",
    ),
    entry(
        FaultCode.NO_MOMENT,
        "Which of two actions is the later one is not guessed from the order of arrival.",
        wrong="""
order: event_time
attributes: {borrower: {value: "true"}}
""",
        found="1:8 With `order: event_time` the later action wins, and the file does not say when one happened. | Add `occurred_at`.",
        right="""
order: event_time
occurred_at: funded_at
attributes: {borrower: {value: "true"}}
""",
    ),
    entry(
        FaultCode.ORDERS_DIFFER,
        "Items of one record for one profile are one item, and it has one order.",
        wrong="""
name: loan-region
order: event_time
occurred_at: funded_at
""",
        found="2:8 `loan-funded` orders records of crm.loan-funded.v1 by `offset`, this by `event_time`. | Name the same order in all mappings of a topic.",
        right="""
name: loan-region
""",
        beside="""
name: loan-funded
attributes: {loanRate: loan.rate}
""",
    ),
    entry(
        FaultCode.SHARES_MEET,
        "A profile in both shares would get the values of both mappings, one over the other.",
        wrong="""
name: loan-funded-b
share: 5-20
attributes:
  loanRate: loan.rate
""",
        found="2:8 The profiles of 5-9 are in the share of `loan-funded` (0-9), too, and both write `loanRate`. | Choose shares that do not meet; a mapping without `share` has all of 0-99.",
        right="""
name: loan-funded-b
share: 10-20
attributes:
  loanRate: loan.rate
""",
        beside="""
name: loan-funded
share: 0-9
attributes: {loanRate: loan.rate}
""",
    ),
    entry(
        FaultCode.UNUSED_DEFAULT,
        "Whoever reads it would believe that it does something.",
        wrong="""
# _defaults.yaml, beside mappings that all have an owner
version: 1
defaults: {owner: lending-data, priority: high}
""",
        found="3:12 No mapping takes the default `owner`. | Remove it: no mapping below needs it, or each has its own.",
        right="""
# _defaults.yaml
version: 1
defaults: {priority: high}
""",
        is_warning=True,
    ),
)
