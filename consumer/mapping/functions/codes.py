"""Functions of codes: countries, currencies, languages.

Rules:
- Any form of a code is understood, in either case and with white space around it; a number
  may be one, or its digits without the zeros before.
- What is no code gives nothing, so a rule has to say with `missing` what then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from consumer.mapping.faults import did_you_mean
from consumer.mapping.functions.iso import COUNTRIES, CURRENCIES, LANGUAGES
from consumer.mapping.functions.registry import (
    ArgumentError,
    Build,
    Call,
    Example,
    Function,
    Parameter,
)
from consumer.mapping.step import Step
from consumer.mapping.value_type import TEXT, Kind

__all__ = ["CODE_FUNCTIONS"]

TAKEN = frozenset({Kind.TEXT, Kind.ENUM, Kind.INTEGER})

Codes = Mapping[str, str]


def countries() -> Iterator[Codes]:
    """Give the codes of each country by form."""
    for word in COUNTRIES.split():
        yield {"alpha_2": word[:2], "alpha_3": word[2:5], "numeric": word[5:]}


def currencies() -> Iterator[Codes]:
    """Give the codes of each currency by form."""
    for word in CURRENCIES.split():
        yield {"alpha_3": word[:3], "numeric": word[3:]}


def languages() -> Iterator[Codes]:
    """Give the codes of each language by form."""
    for word in LANGUAGES.split():
        yield {"alpha_2": word[:2], "alpha_3": word[2:5], "": word[5:]}


def table(codes: list[Codes], form: str) -> dict[str, str]:
    """Return every spelling of a code, to its spelling in one form."""
    spellings: dict[str, str] = {}
    for one in codes:
        for spelling in filter(None, one.values()):
            spellings[spelling.upper()] = one[form]
            spellings[spelling.lstrip("0").upper()] = one[form]
    return spellings


def coding(name: str, codes: list[Codes]) -> Build:
    """Return the builder of a function that writes a code in another form."""

    def build(call: Call) -> Step:
        form = call.text("form")
        forms = [key for key in codes[0] if key]
        if form not in forms:
            raise ArgumentError(
                name, f"there is no form `{form}`.", did_you_mean(form, forms)
            )
        value = (
            "str({v})" if call.source.kind is Kind.INTEGER else "{v}.strip().upper()"
        )
        return Step(
            name=f"apply {name}",
            template="{table}.get(" + value + ")",
            bindings={"table": table(codes, form)},
            result=TEXT.optional(),
        )

    return build


def example(value: str, argument: str, result: str | None) -> Example:
    """Return an example of a text."""
    return Example(schema="string", value=value, argument=argument, result=result)


def form_of(*forms: str) -> tuple[Parameter, ...]:
    """Return the only parameter: the form that is written."""
    words = ", ".join(f"`{form}`" for form in forms)
    return (Parameter(name="form", kind=str, meaning=f"What is written: {words}."),)


CODE_FUNCTIONS = (
    Function(
        name="country",
        summary="Writes a country's code in one form; nothing if it is none (ISO 3166-1).",
        takes=TAKEN,
        build=coding("country", list(countries())),
        parameters=form_of("alpha_2", "alpha_3", "numeric"),
        examples=(
            example("CHE", "alpha_2", "CH"),
            example(" us ", "alpha_3", "USA"),
            example("BR", "numeric", "076"),
            Example(schema="int", value=76, argument="alpha_2", result="BR"),
            example("Atlantis", "alpha_2", None),
        ),
    ),
    Function(
        name="currency",
        summary="Writes a currency's code in one form; nothing if it is none (ISO 4217).",
        takes=TAKEN,
        build=coding("currency", list(currencies())),
        parameters=form_of("alpha_3", "numeric"),
        examples=(
            example("978", "alpha_3", "EUR"),
            example("usd", "numeric", "840"),
            Example(schema="int", value=36, argument="alpha_3", result="AUD"),
            example("Gold", "alpha_3", None),
        ),
    ),
    Function(
        name="language",
        summary="Writes a language's code in one form; nothing if it is none (ISO 639).",
        takes=frozenset({Kind.TEXT, Kind.ENUM}),
        build=coding("language", list(languages())),
        parameters=form_of("alpha_2", "alpha_3"),
        examples=(
            example("deu", "alpha_2", "de"),
            example("GER", "alpha_2", "de"),
            example("fr", "alpha_3", "fra"),
            example("xx", "alpha_2", None),
        ),
    ),
)
