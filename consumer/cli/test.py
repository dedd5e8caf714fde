"""`consumer test`: the tests inside the mapping files."""

from __future__ import annotations

from dataclasses import asdict

import click

from consumer.cli.exits import Exit
from consumer.cli.material import read_material, settings_for
from consumer.cli.output import emit, output_option, say
from consumer.config.settings import Settings
from consumer.errors import UsageError
from consumer.mapping.coverage import Coverage
from consumer.mapping.examples import TestRun, run_all
from consumer.pipeline.material import keys_of

__all__ = ["test"]


@click.command()
@click.option("--config", metavar="FILE", help="Configuration that names the folders.")
@click.option("--schemas", metavar="FOLDER", help="Avro schemas; the shipped ones.")
@click.option("--mappings", metavar="FOLDER", help="Mapping files; the shipped ones.")
@click.option(
    "--secrets",
    is_flag=True,
    help="Hash with the configuration's keys, not with the published test key.",
)
@click.option(
    "--require-coverage",
    "required",
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="Fail when the tests of a mapping touch less of it.",
)
@output_option
def test(
    form: str,
    /,
    config: str | None,
    schemas: str | None,
    mappings: str | None,
    *,
    secrets: bool,
    required: int | None,
) -> int:
    """Run the tests inside the mapping files; without options, of the shipped ones.

    Nothing is connected to. Says which attributes, entries of `translate`, `when` and
    cases no test touches. Keyed hashes use the published test key, so that expected
    values can stand in the files. Exit code 1 when a test fails, or the coverage is
    below what is required.
    """
    settings = settings_for(config, schemas, mappings)
    keys = secrets_of(settings, config) if secrets else None
    material = read_material(settings, keys)
    run = run_all(material.mappings.plans, material.files, material.readers)
    failed = sum(not one.passed for one in run.results)
    below = [one for one in run.coverage if one.percent < (required or 0)]
    if form == "json":
        emit(value(run, is_ok=not failed and not below))
    else:
        show(run)
        passed = len(run.results) - failed
        say(f"{passed} passed, {failed} failed", "red" if failed else "green")
        for one in below:
            message = f"{one.mapping} is covered to {one.percent} %, not {required} %"
            say(message, "red")
    return Exit.NO if failed or below else Exit.DONE


def secrets_of(settings: Settings, config: str | None) -> dict[str, bytes]:
    """Return the configuration's keys for hashing.

    Raises:
        UsageError: No configuration was named.
    """
    if config is None:
        raise UsageError("--secrets needs --config: the configuration has the keys")
    return keys_of(settings)


def value(run: TestRun, *, is_ok: bool) -> dict[str, object]:
    """Return what a program reads."""
    failed = sum(1 for one in run.results if not one.passed)
    return {
        "ok": is_ok,
        "passed": len(run.results) - failed,
        "failed": failed,
        "tests": [{**asdict(one), "passed": one.passed} for one in run.results],
        "coverage": [{**asdict(one), "percent": one.percent} for one in run.coverage],
    }


def show(run: TestRun) -> None:
    """Print what a person reads: every test, what differs, and what is not touched."""
    for one in run.results:
        verdict = "ok    " if one.passed else "FAILED"
        click.echo(f"{verdict} {one.mapping}: {one.name}")
        if not one.passed:
            click.echo(f"       {one.file}:{one.line}")
            for line in one.difference:
                click.echo(f"       {line}")
    for found in run.coverage:
        show_coverage(found)


def show_coverage(found: Coverage) -> None:
    """Print how much of a mapping its tests touch, and each thing that none does."""
    touched = found.points - len(found.missed)
    click.echo(
        f"{found.percent:>5}% {found.mapping}: {touched} of {found.points} touched"
    )
    for missed in found.missed:
        click.echo(f"       {found.file}:{missed.line}: no test touches {missed.text}")
