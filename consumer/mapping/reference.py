"""The keys of a mapping file: what each means, in the order in which people write them.

Names, choices and defaults come from the model; a key of the model that has no meaning
here, or the other way round, fails a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["MEANINGS", "SECTIONS"]

# Model, and how a person finds it in a file.
SECTIONS: Mapping[str, str] = MappingProxyType({
    "MappingSpec": "A mapping file",
    "SourceSpec": "`source`: which records a mapping claims",
    "RuleSpec": "A rule, in its one order",
    "FormatSpec": "`format`: how a value is written",
    "CaseSpec": "A case: attributes under a condition",
    "DeleteSpec": "`on_delete`: a record without a value",
    "TestSpec": "A test",
})

MEANINGS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "MappingSpec": {
        "version": "The language's.",
        "name": "Who it is, on dead letters, spans and metrics; once in a set.",
        "owner": "The team that is asked when its records become dead letters.",
        "description": "What the event does to a profile, in a sentence.",
        "source": "Which records it claims.",
        "when": "CEL; a record for which it is false is skipped.",
        "profile": (
            "Whose profile: alternatives, each a kind of id and a rule; the first that is "
            "present and not empty is taken."
        ),
        "profiles": "Whether the first alternative is taken, or an item made of each.",
        "no_profile": "What becomes of a record in which none is present.",
        "occurred_at": "When it happened: a rule that gives a timestamp.",
        "order": "Which of two values wins: the later in the partition, or in time.",
        "stamp": (
            "One more attribute, which tells `occurred_at` in the same call, such as "
            "`2026-03-01T15:30:00.250Z`: of two the greater text is the later. Mappings of "
            "two topics may write one attribute only if both have it, or if no profile is "
            "in the share of both."
        ),
        "send_within": "How long an update may be held back to merge it with others.",
        "merge": "Whether it is held only when the quota is short, or always.",
        "send": "Whether a value that has not changed is sent again.",
        "endpoint": "Which of Target's ways in; the same for all mappings of a topic.",
        "priority": "Which updates go first when there are more than Target takes.",
        "share": (
            "The profiles it is for, such as `0-9` of 0 to 99: the first 8 bytes of SHA-256 "
            "of `kind:id` as a number, modulo 100."
        ),
        "for_each": (
            "`{item: members}`: an update for each `item` of the list `members`, which "
            "rules and CEL see as `item.name`; another word may stand for `item`. What "
            "refuses one element refuses the record; updates of one profile are joined, and "
            "the later value wins; without elements the record is skipped."
        ),
        "attributes": "What is written: name, without `profile.`, to rule.",
        "cases": (
            "Attributes under conditions: the first case that holds is added to the common "
            "ones and replaces those of the same name."
        ),
        "on_delete": "What a record without a value writes.",
        "tests": "Records, and what must come of them.",
    },
    "SourceSpec": {
        "topic": "One topic, by its logical name.",
        "topics": "Several topics.",
        "pattern": (
            "A regular expression for whole names of topics: signs of a name, `.`, sets "
            "such as `[a-z]`, `*`, `+`, `?`, and alternatives in brackets."
        ),
        "schema": "Full name of the event; records are claimed by it or by an alias.",
        "framing": "How records name their schema, when it is not to be found out.",
        "root": (
            "The record in the event where paths begin, such as `after`; one that may be "
            "null needs `event.after != null` in `when`."
        ),
    },
    "RuleSpec": {
        "from": "A path such as `loan.amount`; a list for a function of several inputs.",
        "cel": "Or an expression.",
        "value": "Or a text that is always the same.",
        "missing": (
            "What a null, or an empty text at the end, does: leave the attribute out, "
            "refuse the record, write the agreed word for nothing, or write a text."
        ),
        "parse": (
            "Reads a text, or a number of seconds, as a value of another type. `zone` is "
            "for a text without an offset, and with the pattern `local` for a local "
            "timestamp: of an hour that the clock shows twice the first is meant, one that "
            "it leaves out refuses the record."
        ),
        "apply": "Functions, in order.",
        "translate": "A table: one text for another.",
        "otherwise": "What stands for all that the table leaves out.",
        "format": "How the value is written.",
        "max_length": "Keeps that many characters.",
        "description": "What the attribute tells, for the catalogue.",
        "personal": "Whether it is personal data, as somebody has decided.",
    },
    "FormatSpec": {
        "decimal": "Digits after the point.",
        "rounding": "What becomes of the digits beyond them.",
        "date": "A pattern of strftime, for a date, a time or a timestamp.",
        "zone": "The time zone of a timestamp: a name, or `{from: path}`.",
        "number": "Digits only, never an exponent.",
        "boolean": 'Words for a truth value: `{true: "Y", false: "N"}`.',
    },
    "CaseSpec": {
        "when": "CEL; the last case may leave it out, and always holds.",
        "attributes": "What is written then.",
    },
    "DeleteSpec": {
        "profile": "As above; its rules see `meta` only.",
        "attributes": "What is written.",
    },
    "TestSpec": {
        "name": "What it shows.",
        "base": "A fixture, relative to the file.",
        "record": "Merged over the fixture (RFC 7396); null is a record without a value.",
        "meta": "Key, headers, timestamp and the like.",
        "expect": (
            "All that must come out: `skipped`, `{rejected: CODE}`, or `profile` and "
            "`attributes`."
        ),
        "contains": "A part of it.",
    },
})
