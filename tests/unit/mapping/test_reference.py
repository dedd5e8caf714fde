"""The references of keys and functions."""

from __future__ import annotations

from consumer.mapping.function_tables import functions
from consumer.mapping.functions.all_functions import FUNCTIONS
from consumer.mapping.key_tables import mapping_keys
from consumer.mapping.reference import MEANINGS, SECTIONS


def test_every_key_has_its_row() -> None:
    """Each part has its title, and a row for each key with its meaning."""
    printed = mapping_keys()
    assert list(SECTIONS) == list(MEANINGS)
    for part, keys in MEANINGS.items():
        assert f"### {SECTIONS[part]}\n" in printed
        for key, meaning in keys.items():
            assert f"| `{key}` | {meaning} | " in printed


def test_values_and_defaults_are_those_of_the_model() -> None:
    """Choices, shapes and defaults are said in words."""
    rows = {
        line.split(" | ")[0]: line.removesuffix(" |").split(" | ")[2:]
        for line in mapping_keys().partition("### `source`")[0].splitlines()
        if line.startswith("| `")
    }
    assert rows["| `version`"] == ["`1`", "required"]
    assert rows["| `no_profile`"] == ["`reject`, `skip`", '`"reject"`']
    assert rows["| `occurred_at`"] == ["text or a rule", ""]
    assert rows["| `attributes`"] == ["names, each with a rule", ""]
    assert rows["| `tests`"] == ["a list of tests", ""]
    assert rows["| `source`"] == ["see `source`", "required"]
    printed = mapping_keys()
    assert "`skip`, `reject`, `clear` or `{use: TEXT}`" in printed
    assert "or `{epoch: seconds}`" in printed
    assert "| keys and values or null |" in printed
    assert "a function, or a list of such" in printed


def test_every_function_has_its_row() -> None:
    """Each function has what it takes, its arguments, and each of its examples."""
    rows = {line.split("`")[1]: line for line in functions().splitlines()[2:]}
    assert list(rows) == list(FUNCTIONS)
    for name, function in FUNCTIONS.items():
        assert function.summary in rows[name]
        assert rows[name].count(" gives `") == len(function.examples)
        for parameter in function.parameters:
            assert f"`{parameter.name}`: {parameter.meaning}" in rows[name]
    assert '`{left: 5}` of `"10115 Berlin"` gives `"10115"`' in rows["left"]
    assert 'Default `"0"`.' in rows["pad_left"]
    assert "Optional." in rows["join"]
