"""S1xx: what `check --registry` and `check --candidate` find in publishers' schemas."""

from __future__ import annotations

from consumer.catalogue.section import Section

__all__ = ["PUBLISHERS"]

BEGIN = '{"type": "record", "name": "t.Seen", "fields": [\n'
ID = '  {"name": "id", "type": "string"},\n'
OURS = f'{BEGIN}{ID}  {{"name": "how", "type": "string", "default": "web"}}\n]}}\n'
CHOICE = f"""{BEGIN}{ID}  {{"name": "how", "type":
    {{"type": "enum", "name": "How", "symbols": ["WEB", "SHOP"]}}}}
]}}
"""


def entry(
    code: str,
    meaning: str,
    why: str,
    *,
    wrong: str,
    found: str,
    right: str,
    ours: str = OURS,
    is_warning: bool = False,
) -> Section:
    """Return the section of one code; `ours` is the schema in our folder."""
    return Section(
        code=code,
        meaning=meaning,
        why=why,
        wrong=wrong,
        found=found,
        right=right,
        beside=ours,
        beside_title="Ours is:",
        language="json",
        is_warning=is_warning,
    )


PUBLISHERS: tuple[Section, ...] = (
    entry(
        "S101",
        "A schema that Avro cannot resolve to ours.",
        "The topic would stop at the first such record.",
        wrong=OURS.replace('"id", "type": "string"', '"id", "type": "long"'),
        found="2:3 `id` cannot be read by t.Seen: long cannot be read as string. | Keep what was written so far, or change t.Seen.avsc first.",
        right=OURS,
    ),
    entry(
        "S102",
        "A publisher's schema that is not admitted.",
        "Its records would be dead letters: it is no Avro record, or beyond the limits.",
        wrong='{"type": "record", "name": "t.Seen", "fields": [\n'
        '  {"name": "again", "type": "t.Seen"}\n]}\n',
        found="NEW.avsc The schema is not admitted: t.Seen contains itself (schema_recursive). | Mend it; `decode` of the configuration has the limits.",
        right=OURS,
    ),
    entry(
        "S103",
        "A symbol that our enum does not have.",
        "Avro reads it as the enum's default, and without one not at all.",
        wrong=CHOICE.replace('"SHOP"', '"SHOP", "CALL"'),
        found="3:3 `how` may be CALL, which t.Seen does not know: such a record becomes a dead letter. | Add it to the enum in t.Seen.avsc, or a `default`, first.",
        right=CHOICE,
        ours=CHOICE,
    ),
    entry(
        "S104",
        "A type of a union that our field does not take.",
        "Most often it is null, where a field became optional.",
        wrong=OURS.replace(
            '"how", "type": "string", "default": "web"',
            '"how", "type": ["null", "string"], "default": null',
        ),
        found="3:3 `how` may be null, which t.Seen does not know: such a record becomes a dead letter. | Add the type to the field in t.Seen.avsc first.",
        right=OURS,
    ),
    entry(
        "S105",
        "A field that a mapping reads and that is no longer written.",
        "Every record would have the default, and the attribute tell the same of everybody. "
        "Of an older registered version it is only a warning.",
        wrong=OURS.replace(
            ',\n  {"name": "how", "type": "string", "default": "web"}', ""
        ),
        found="1:1 `how` is not written, and attribute `seenHow` of seen reads it: it will be the default. | Go on writing it, or change the mapping first.",
        right=OURS,
    ),
    entry(
        "S106",
        "An event that no mapping claims.",
        "Records are claimed by the full name of their schema, or by an alias. Of the newest "
        "version of a subject it is an error.",
        wrong=OURS.replace("t.Seen", "t.Noticed"),
        found="1:1 No mapping claims `t.Noticed`: such a record is skipped. | If it is the same event, name it in `aliases` of t.Seen.",
        right=OURS,
        is_warning=True,
    ),
    Section(
        code="S107",
        meaning="A subject without a version.",
        why="The comparison says nothing about it.",
        wrong="crm.loan-fundet.v1-value\n",
        found="subjects/crm.loan-fundet.v1-value Nothing is registered under this subject, so nothing was compared. | Look at the topic's name, and at `--subjects`.",
        right="crm.loan-funded.v1-value\n",
        language="text",
        is_warning=True,
    ),
)
