"""`consumer test`: the tests inside the mapping files."""

from __future__ import annotations

from dataclasses import asdict

import click

from consumer.cli.exits import Exit
from consumer.cli.material import read_material, settings_for
from consumer.cli.output import emit, output_option, say
from consumer.mapping.examples import TestResult, run_tests

__all__ = ["test"]


@click.command()
@click.option("--config", metavar="FILE", help="Configuration that names the folders.")
@click.option("--schemas", metavar="FOLDER", help="Avro schemas; the shipped ones.")
@click.option("--mappings", metavar="FOLDER", help="Mapping files; the shipped ones.")
@output_option
def test(
    form: str, /, config: str | None, schemas: str | None, mappings: str | None
) -> int:
    """Run the tests inside the mapping files; without options, of the shipped ones.

    Nothing is connected to. Keyed hashes use the published test key, so that expected
    values can stand in the files. Exit code 1 when a test fails.
    """
    settings = settings_for(config, schemas, mappings)
    material = read_material(settings, keys=None)
    results = run_tests(material.mappings.plans, material.files, material.readers)
    failed = [one for one in results if not one.passed]
    if form == "json":
        emit(value(results))
    else:
        show(results)
        passed = len(results) - len(failed)
        colour = "red" if failed else "green"
        say(f"{passed} passed, {len(failed)} failed", colour)
    return Exit.NO if failed else Exit.DONE


def value(results: tuple[TestResult, ...]) -> dict[str, object]:
    """Return what a program reads."""
    failed = sum(1 for one in results if not one.passed)
    return {
        "ok": not failed,
        "passed": len(results) - failed,
        "failed": failed,
        "tests": [{**asdict(one), "passed": one.passed} for one in results],
    }


def show(results: tuple[TestResult, ...]) -> None:
    """Print what a person reads: every test, and what differs where one failed."""
    for one in results:
        verdict = "ok    " if one.passed else "FAILED"
        click.echo(f"{verdict} {one.mapping}: {one.name}")
        if not one.passed:
            click.echo(f"       {one.file}:{one.line}")
            for line in one.difference:
                click.echo(f"       {line}")
