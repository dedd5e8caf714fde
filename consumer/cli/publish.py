"""`consumer publish`: the sample publishers against any cluster and registry."""

from __future__ import annotations

import click

from consumer.cli.files import load_settings
from consumer.cli.options import sample_options
from consumer.cli.output import emit, output_option, say
from consumer.config.settings import Settings
from consumer.errors import ConfigurationError, FileFault
from consumer.registry import client_properties
from consumer.sandbox.events import generate, population_of
from consumer.sandbox.fold import Fold
from consumer.sandbox.publisher import Publisher, register
from consumer.source.properties import producer_properties

__all__ = ["publish"]


@click.command()
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@sample_options(1000)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Records per second at most; without it as fast as the broker takes them.",
)
@output_option
def publish(form: str, config: str, records: int, seed: int, rate: float | None) -> int:
    """Publish loan, loyalty and kiosk events, as real publishers would.

    Registers the three schemas, writes Confluent framing and W3C trace context. About 1
    in 100 events is bad on purpose, about 3 are to be skipped. With --output json it
    says, per profile, which attributes must be there in the end.
    """
    settings = load_settings(config).settings
    registered = register(
        registry_properties(settings, config),
        settings.schemas,
        settings.topics,
    )
    fold = Fold(population_of(records, seed).names)
    publisher = Publisher(
        producer_properties(settings.kafka.properties),
        registered,
        topics=settings.topics,
        rate=rate,
    )
    published = publisher.publish(generate(records, seed), fold.add)
    if form == "json":
        profiles = {name: found for name, found in fold.profiles.items() if found}
        emit({"published": published, "seed": seed, "profiles": profiles})
    else:
        say(f"published {published} records with seed {seed}")
    return 0


def registry_properties(settings: Settings, file: str) -> dict[str, object]:
    """Return the registry client's properties.

    Raises:
        ConfigurationError: There is no registry to register the schemas in.
    """
    if settings.registry.url is None:
        fault = FileFault(
            code="C104",
            file=file,
            line=0,
            column=0,
            message="`registry.url` is missing: publishing registers the schemas.",
            mend="Set it in section `registry`.",
        )
        raise ConfigurationError((fault,))
    return client_properties(settings.registry)
