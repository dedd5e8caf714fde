"""Options and switches, as a command lists and sets them."""

import pytest

from consumer.sandbox.errors import SandboxError
from consumer.sandbox.options import (
    SandboxOptions,
    Switches,
    changed,
    described,
    options_from,
)


def test_every_option_is_described() -> None:
    """Each option has a name, a default, a help that ends with it, and its choices."""
    entries = {entry.name: entry for entry in described(SandboxOptions)}
    assert entries["port"].help.endswith("Default: 8080")
    assert entries["require_token"].help.endswith("Default: off")
    assert entries["token"].help.endswith("Default: none")
    switches = {entry.name: entry for entry in described(Switches)}
    assert switches["answer_format"].choices == ("xml", "text")
    for name, entry in switches.items():
        assert getattr(Switches(), name) == entry.default


def test_options_are_built_from_one_mapping() -> None:
    """Names of options and of switches stand side by side."""
    options = options_from({"port": 0, "late": True, "apply_delay_seconds": 2})
    assert options == SandboxOptions(
        port=0, switches=Switches(late=True, apply_delay_seconds=2.0)
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lat": True}, "no switch lat; there are apply_delay_seconds"),
        ({"late": 1}, "late takes a bool"),
        ({"missing_id_status": True}, "missing_id_status takes a int"),
        ({"answer_format": "json"}, "answer_format is one of xml, text"),
        ({"get_bytes": -1}, "get_bytes is not negative"),
    ],
)
def test_what_does_not_fit_is_refused(values: dict[str, object], message: str) -> None:
    """A wrong name, type, choice or number is refused with the reason."""
    with pytest.raises(SandboxError, match=message):
        changed(Switches(), values)
