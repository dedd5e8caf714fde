"""A1xx, K1xx, K2xx and R1xx: our Avro schemas, Kafka, and the schema registry."""

from __future__ import annotations

from consumer.catalogue.section import Section

__all__ = ["SERVICES"]

SERVICES: tuple[Section, ...] = (
    Section(
        code="A101",
        meaning="A file of `schemas` that is no Avro record, or is not admitted.",
        why="Events are read by these schemas.",
        wrong='{"type": "record", "name": "t.Seen", "fields": [\n  {"name": "id"}\n]}\n',
        found="b.avsc a type is NoneType, not text, list or object (schema_invalid) | Write a record that `avro-tools` compiles.",
        right='{"type": "record", "name": "t.Seen", "fields": [\n'
        '  {"name": "id", "type": "string"}\n]}\n',
        language="json",
    ),
    Section(
        code="A102",
        meaning="A default that is no value of its field's type.",
        why="It would stand in every event whose writer does not know the field.",
        wrong='{"type": "record", "name": "t.Seen", "fields": [\n'
        '  {"name": "count", "type": "int", "default": "none"}\n]}\n',
        found="b.avsc field count: the default is no int | Mend or drop the default.",
        right='{"type": "record", "name": "t.Seen", "fields": [\n'
        '  {"name": "count", "type": "int", "default": 0}\n]}\n',
        language="json",
    ),
    Section(
        code="A103",
        meaning="Two files of `schemas` that define one record.",
        why="It would be chance which of them reads the events.",
        beside='{"type": "record", "name": "t.Seen", "fields": []}\n',
        wrong='{"type": "record", "name": "t.Seen", "fields": []}\n',
        found="b.avsc t.Seen is also defined in a.avsc | Keep one of the files.",
        right='{"type": "record", "name": "t.Heard", "fields": []}\n',
        language="json",
    ),
    Section(
        code="K101",
        meaning="A property of Kafka that cannot be set here, or not so.",
        why="The program sets it itself, or its promises rest on another value.",
        wrong="kafka:\n  bootstrap.servers: broker:9092\n  group.id: profiles\n"
        "  auto.offset.reset: newest\n",
        found="kafka.auto.offset.reset auto.offset.reset: newest is not earliest, latest or error | Use one of the three.",
        right="kafka:\n  bootstrap.servers: broker:9092\n  group.id: profiles\n"
        "  auto.offset.reset: latest\n",
    ),
    Section(
        code="K102",
        meaning="A configuration that librdkafka refuses for the consumer.",
        why="librdkafka says which property it is, and why.",
        wrong="kafka:\n  bootstrap.servers: broker:9092\n  group.id: profiles\n"
        "  sesion.timeout.ms: 6000\n",
        found='kafka librdkafka refuses the configuration: No such configuration property: "sesion.timeout.ms" | See librdkafka\'s CONFIGURATION.md for the property.',
        right="kafka:\n  bootstrap.servers: broker:9092\n  group.id: profiles\n"
        "  session.timeout.ms: 6000\n",
    ),
    Section(
        code="K103",
        meaning="A configuration that librdkafka refuses for the dead letters' producer.",
        why="Without the producer no record could be given up, so nothing is read.",
        wrong="kafka:\n  bootstrap.servers: broker:9092\n  group.id: profiles\n"
        "  message.max.bytes: 1\n",
        found="kafka librdkafka refuses the dead letters' producer: Configuration property \"message.max.bytes\" value 1 is outside allowed range 1000..1000000000 | See librdkafka's CONFIGURATION.md for the property.",
        right="kafka:\n  bootstrap.servers: broker:9092\n  group.id: profiles\n"
        "  message.max.bytes: 1000000\n",
    ),
    Section(
        code="K201",
        meaning="A topic that does not exist, or that we may not see.",
        why="Its events would be waited for without end.",
        wrong="topics: {crm.loan-funded.v1: prod.loan-fundet}\n",
        found="topics the source topic 'prod.loan-fundet' does not exist, or we may not see it | Create it, grant Describe on it, or give the mapping's topic its real name under `topics` in the configuration.",
        right="topics: {crm.loan-funded.v1: prod.loan-funded}\n",
    ),
    Section(
        code="R101",
        meaning="A certificate or key for the registry that cannot be used.",
        why="Without it the registry is not asked at all.",
        wrong="registry: {url: 'https://registry:8081', ca_file: not.pem}\n",
        found="not.pem certificate or key cannot be used: SSLError | Give PEM files; the key must belong to the certificate.",
        right="registry: {url: 'https://registry:8081', ca_file: authorities.pem}\n",
    ),
)
