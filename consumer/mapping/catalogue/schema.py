"""M2xx and M3xx: what a rule has wrong when it is held against the schema."""

from __future__ import annotations

from consumer.catalogue.section import Section
from consumer.mapping.catalogue.entry import LOYALTY, entry
from consumer.mapping.faults import FaultCode

__all__ = ["EXPRESSIONS", "SCHEMA"]

SCHEMA: tuple[Section, ...] = (
    entry(
        FaultCode.UNKNOWN_SCHEMA,
        "A mapping is proved against the schema of its event, in the folder `schemas`.",
        wrong="""
source: {topic: crm.loan-funded.v1, schema: crm.LoanFundet}
""",
        found="1:45 No file defines the schema `crm.LoanFundet`. | Did you mean `crm.LoanFunded`?",
        right="""
source: {topic: crm.loan-funded.v1, schema: crm.LoanFunded}
""",
    ),
    entry(
        FaultCode.UNKNOWN_PATH,
        "Each record would be refused, or the attribute never written.",
        wrong="""
attributes:
  loanAmount: loan.amout
""",
        found="2:15 `loan` has no field `amout`. | Did you mean `amount`?",
        right="""
attributes:
  loanAmount: loan.amount
""",
    ),
    entry(
        FaultCode.MISSING_UNSAID,
        "To keep the old value, to clear it and to refuse the record are three different "
        "things, and nobody but you knows which is right.",
        wrong="""
attributes:
  firstPayment: loan.first_payment_on
""",
        found="2:3 `firstPayment` may find nothing (from loan.first_payment_on is date or null). | Say what then: `missing: skip`, `reject`, `clear` or `{use: text}`.",
        right="""
attributes:
  firstPayment: {from: loan.first_payment_on, missing: clear}
""",
    ),
    entry(
        FaultCode.WRONG_TYPE,
        "A step that does not fit its value would refuse every record.",
        wrong="""
attributes:
  currency: {from: loan.currency, format: {decimal: 2}}
""",
        found="2:53 The format `decimal` takes decimal, float, integer; this is a text. | Use another format, or `parse` the text first.",
        right="""
attributes:
  currency: {from: loan.currency, apply: [uppercase]}
""",
    ),
    entry(
        FaultCode.UNTRANSLATED,
        "A record with one of them would become a dead letter.",
        wrong="""
attributes:
  tier: {from: member.tier, translate: {BASIC: basic, SILVER: silver}}
""",
        found="2:40 `translate` leaves out GOLD. | Add them, or `otherwise`.",
        right="""
attributes:
  tier: {from: member.tier, translate: {BASIC: basic, SILVER: silver}, otherwise: best}
""",
        event=LOYALTY,
    ),
    entry(
        FaultCode.NO_SUCH_SYMBOL,
        "The entry would never be used: most likely it is misspelt.",
        wrong="""
attributes:
  tier: {from: member.tier, translate: {GOLDEN: gold}, otherwise: other}
""",
        found="2:49 The enum has no `GOLDEN`. | Did you mean `GOLD`?",
        right="""
attributes:
  tier: {from: member.tier, translate: {GOLD: gold}, otherwise: other}
""",
        event=LOYALTY,
    ),
    entry(
        FaultCode.NO_TEXT,
        "Target stores texts, and there is more than one way to write such a value.",
        wrong="""
attributes:
  fundedAt: funded_at
""",
        found="2:13 A timestamp does not become a text by itself. | Write a `format` with `date` and `zone`.",
        right="""
attributes:
  fundedAt: {from: funded_at, format: {date: "%Y-%m-%d", zone: UTC}}
""",
    ),
    entry(
        FaultCode.ROUNDING_UNSAID,
        "Half a cent goes up in some firms and to the even digit in others.",
        wrong="""
attributes:
  loanRate: {from: loan.rate, format: {decimal: 2}}
""",
        found="2:49 A float may have more than 2 digits after the point. | Say how to round, for example `rounding: half_even`.",
        right="""
attributes:
  loanRate: {from: loan.rate, format: {decimal: 2, rounding: half_even}}
""",
    ),
    entry(
        FaultCode.BAD_PATTERN,
        "Directives that depend on the machine, or that the value has no part for, are "
        "refused.",
        wrong="""
attributes:
  funded: {from: funded_at, format: {date: "%c", zone: UTC}}
""",
        found="2:44 `%c` is not a directive for a timestamp. | Use %% %A %B %G %H %I %M %S %V %Y %Z %a %b %d %f %j %m %p %u %w %y %z.",
        right="""
attributes:
  funded: {from: funded_at, format: {date: "%Y-%m-%d %H:%M", zone: UTC}}
""",
    ),
    entry(
        FaultCode.UNKNOWN_ZONE,
        "The same moment is on two days, seen from two places.",
        wrong="""
attributes:
  fundedOn: {from: funded_at, format: {date: "%Y-%m-%d", zone: America/NewYork}}
""",
        found="2:64 There is no time zone `America/NewYork`. | Did you mean `America/New_York`?",
        right="""
attributes:
  fundedOn: {from: funded_at, format: {date: "%Y-%m-%d", zone: America/New_York}}
""",
    ),
    entry(
        FaultCode.UNKNOWN_FUNCTION,
        "The list of functions is closed: `consumer docs functions` prints it.",
        wrong="""
attributes:
  currency: {from: loan.currency, apply: [upercase]}
""",
        found="2:43 There is no function `upercase`. | Did you mean `uppercase`?",
        right="""
attributes:
  currency: {from: loan.currency, apply: [uppercase]}
""",
    ),
    entry(
        FaultCode.BAD_ARGUMENT,
        "A function says which arguments it takes: `consumer docs functions`.",
        wrong="""
attributes:
  currency: {from: loan.currency, apply: [{left: 0}]}
""",
        found="2:43 `left`: `length` is less than one. | Write one or more.",
        right="""
attributes:
  currency: {from: loan.currency, apply: [{left: 3}]}
""",
    ),
    entry(
        FaultCode.UNKNOWN_SECRET,
        "A keyed hash without its key cannot be made; the keys stand under `keys` of the "
        "configuration, here `crm-pepper`.",
        wrong="""
attributes:
  emailHash: {from: customer.email, missing: skip, apply: [{hmac_sha256: crm-peper}]}
""",
        found="2:60 The configuration gives no key `crm-peper`. | Add `keys: {crm-peper: {file: ...}}` to it. Did you mean `crm-pepper`?",
        right="""
attributes:
  emailHash: {from: customer.email, missing: skip, apply: [{hmac_sha256: crm-pepper}]}
""",
    ),
)

EXPRESSIONS: tuple[Section, ...] = (
    entry(
        FaultCode.CEL_INVALID,
        "An expression is compiled, types included, before any record comes.",
        wrong="""
when: event.loan.rate > 5
""",
        found="1:7 CEL (column 17): found no matching overload for '_>_' applied to '(double, int)'. | Fields are named by their whole path, such as `event.loan.score`.",
        right="""
when: event.loan.rate > 5.0
""",
    ),
    entry(
        FaultCode.CEL_TYPE,
        "A condition is true or false; an attribute is a text, a number, a truth value or "
        "a moment.",
        wrong="""
when: event.loan.score
""",
        found='1:7 The condition gives int, not a truth value. | Compare with something: `event.status == "FUNDED"`.',
        right="""
when: event.loan.score > 700
""",
    ),
    entry(
        FaultCode.CEL_KIND,
        "A decimal is no number of CEL's: as a double an amount would lose cents.",
        wrong="""
when: event.loan.amount > 1000
""",
        found="1:7 CEL (column 19): found no matching overload for '_>_' applied to '(decimal, int)'. | A decimal has functions: `event.price.above(\"9.99\")`, `atLeast`, `equals`.",
        right="""
when: event.loan.amount.above(1000)
""",
    ),
    entry(
        FaultCode.CEL_HAS,
        "In an Avro record every field is there, so `has()` would always be true.",
        wrong="""
when: has(event.customer.email)
""",
        found="1:7 `has(event.customer.email)`: a field is always there, though it may be null. | Write `event.customer.email != null`.",
        right="""
when: event.customer.email != null
""",
    ),
)
