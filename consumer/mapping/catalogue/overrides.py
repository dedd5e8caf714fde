"""M6xx: what an overrides file says of mappings, and cannot mean."""

from __future__ import annotations

from consumer.catalogue.section import Section
from consumer.mapping.catalogue.entry import entry
from consumer.mapping.faults import FaultCode

__all__ = ["OVERRIDES"]

OVERRIDES: tuple[Section, ...] = (
    entry(
        FaultCode.UNKNOWN_MAPPING,
        "Whoever wrote it believes that the mapping is held, and it is sent.",
        wrong="""
mappings:
  loan-fundet: {mode: hold}
""",
        found="2:3 There is no mapping `loan-fundet`. | Did you mean `loan-funded`?",
        right="""
mappings:
  loan-funded: {mode: hold}
""",
    ),
    entry(
        FaultCode.ALSO_STOPPED,
        "Records of a partition keep their order, so a held one stops those behind it, "
        "whichever mapping they are for.",
        beside="""
name: loan-rate
attributes: {loanRate: loan.rate}
""",
        wrong="""
mappings:
  loan-funded: {mode: hold}
""",
        found="2:23 The hold of `loan-funded` also stops `loan-rate` on crm.loan-funded.v1. | Nothing, if that is meant: nothing of a partition overtakes what is held.",
        right="""
mappings:
  loan-funded: {mode: hold}
  loan-rate: {mode: hold}
""",
        is_warning=True,
    ),
)
