"""The catalogue of faults: each code is raised as it says, and no other is raised."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import consumer
from consumer.catalogue.section import Section
from consumer.cli.fault_reference import PARTS, SECTIONS, errors
from consumer.mapping.faults import FaultCode
from tests.unit.catalogue.raising import raised
from tests.unit.catalogue.spoken import spoken

PACKAGE = Path(consumer.__file__).parent
CODE = re.compile(r"[A-Z][0-9]{3}")
ALL = sorted(SECTIONS.values(), key=lambda section: section.code)


def codes_of(path: Path) -> set[str]:
    """Return the codes that a module of the program writes."""
    found = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    texts = {node.value for node in found if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)}


def codes_in_use() -> set[str]:
    """Return every code that stands in the program, the catalogue left out."""
    modules = [p for p in PACKAGE.rglob("*.py") if "catalogue" not in p.parts]
    return set().union(*map(codes_of, modules))


@pytest.mark.parametrize("section", ALL, ids=lambda section: section.code)
def test_an_example_raises_its_code(section: Section, tmp_path: Path) -> None:
    """The wrong example raises its code alone, with the message, place and mend."""
    found = raised(section, section.wrong, tmp_path)
    severity = "warning" if section.is_warning else "error"
    assert [(one.code, one.severity) for one in found] == [(section.code, severity)]
    assert spoken(found[0], tmp_path) == section.found


@pytest.mark.parametrize("section", ALL, ids=lambda section: section.code)
def test_a_mended_example_is_right(section: Section, tmp_path: Path) -> None:
    """The mended example raises nothing."""
    assert raised(section, section.right, tmp_path) == ()


def test_no_code_is_raised_that_the_catalogue_does_not_have() -> None:
    """Each code that stands in the program has its section, and each section a code."""
    assert codes_in_use() == SECTIONS.keys()


def test_every_code_of_a_mapping_has_its_section() -> None:
    """Sections of mapping files say what the code itself says."""
    found = {code: one.meaning for code, one in SECTIONS.items() if code[0] == "M"}
    assert found == {str(code): code.meaning for code in FaultCode}


def test_no_code_has_two_sections() -> None:
    """A code stands in one part of the catalogue only."""
    assert sum(map(len, PARTS.values())) == len(SECTIONS)


@pytest.mark.parametrize("section", ALL, ids=lambda section: section.code)
def test_a_section_is_printed_whole(section: Section) -> None:
    """The reference shows meaning, reason, both examples, what is said and the mend."""
    printed = errors()
    place, _, said = section.found.partition(" ")
    message, _, mend = said.partition(" | ")
    for text in (section.meaning, section.why, message, mend, place):
        assert text in printed
    assert section.wrong.strip() in printed
    assert section.right.strip() in printed
    assert all(text.endswith(".") for text in (section.meaning, section.why))
