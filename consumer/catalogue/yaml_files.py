"""Y1xx: what any YAML file of ours may have wrong, configuration and mappings alike."""

from __future__ import annotations

from consumer.catalogue.section import Section

__all__ = ["YAML_FILES"]

YAML_FILES: tuple[Section, ...] = (
    Section(
        code="Y101",
        meaning="A text that is not YAML.",
        why="Nothing can be read after a place that YAML does not allow.",
        wrong="name: loan\n  owner: lending\n",
        found="2:8 This is not YAML: mapping values are not allowed in this context. | Look at this line and the one before it: indentation, quotes, colons.",
        right="name: loan\nowner: lending\n",
    ),
    Section(
        code="Y102",
        meaning="A file that is too large.",
        why="Whoever may write the file must not be able to fill the memory.",
        wrong="# A file of more than 1 MiB.\n",
        found="f.yaml The file is larger than 1024 KiB. | Split it.",
        right="# Two files of less.\n",
    ),
    Section(
        code="Y103",
        meaning="Values that are nested too deep.",
        why="Whoever may write the file must not be able to exhaust the stack.",
        wrong="deep: " + "[" * 51 + "]" * 51 + "\n",
        found="1:57 More than 50 levels. | Nest less deeply.",
        right="deep: [[[]]]\n",
    ),
    Section(
        code="Y104",
        meaning="A key that stands twice.",
        why="Most readers of YAML keep the last one and say nothing.",
        wrong="owner: lending\nname: loan\nowner: retail\n",
        found="3:1 `owner` stands twice, first in line 1. | Keep one of them.",
        right="owner: lending\nname: loan\n",
    ),
    Section(
        code="Y105",
        meaning="A merge key.",
        why="It hides what a file says, and a small file of them costs minutes.",
        wrong="first: &first {a: 1}\nsecond:\n  <<: *first\n",
        found="3:3 Merge keys are not used here. | Write the keys out, or use an alias for a whole value.",
        right="first: &first {a: 1}\nsecond: *first\n",
    ),
    Section(
        code="Y106",
        meaning="An alias that names nothing, or too many values.",
        why="An alias inside an aliased value grows without bound.",
        wrong="first: *nobody\n",
        found="1:8 `*nobody` names no finished `&nobody` above that holds no alias. | Write the value out.",
        right="nobody: &nobody {a: 1}\nfirst: *nobody\n",
    ),
    Section(
        code="Y107",
        meaning="A tag.",
        why="A tag can make a reader build anything; here types follow from the key.",
        wrong="port: !!str 8080\n",
        found="1:7 Tags are not used here. | Remove what begins with `!`.",
        right='port: "8080"\n',
    ),
    Section(
        code="Y108",
        meaning="A key that is no text.",
        why="Keys are names.",
        wrong="[a, b]: 1\n",
        found="1:1 A key must be a text. | Write a plain or quoted word.",
        right="ab: 1\n",
    ),
    Section(
        code="Y109",
        meaning="A plain text that other readers take for something else.",
        why="Norway becomes false, 010 becomes eight, and 22:22 becomes 1342.",
        wrong="country: NO\n",
        found="1:10 `NO` is a truth value to some readers of YAML. | Quote it to make it a text, or write it as a plain number or as `true` or `false`.",
        right='country: "NO"\n',
    ),
    Section(
        code="Y110",
        meaning="A second document in one file.",
        why="It would be ignored in silence.",
        wrong="name: loan\n---\nname: other\n",
        found="2:1 A second document begins here. | Keep one document in a file: remove this `---`.",
        right="name: loan\n",
    ),
    Section(
        code="Y111",
        meaning="A number that is too long.",
        why="A number of a million digits takes seconds to read.",
        wrong=f"id: {'1' * 41}\n",
        found="1:5 A number of more than 40 characters. | Quote it to make it a text.",
        right=f'id: "{"1" * 41}"\n',
    ),
    Section(
        code="Y112",
        meaning="A tab where the text is indented.",
        why="YAML forbids it: nobody can see how far it indents.",
        wrong="source:\n\ttopic: loans\n",
        found="2:1 A tab stands here. | Indent with spaces.",
        right="source:\n  topic: loans\n",
    ),
)
