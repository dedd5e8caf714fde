"""A1xx, K1xx, K2xx, R1xx, T1xx: our schemas, Kafka, the registry, and Target."""

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
        code="K202",
        meaning="A cluster that does not answer.",
        why="The service ends at its start when no broker answers it.",
        wrong="kafka:\n  bootstrap.servers: brokr:9092\n  group.id: profiles\n",
        found="kafka the cluster at brokr:9092: no answer in time | Nothing else was asked of the cluster.",
        right="kafka:\n  bootstrap.servers: broker:9092\n  group.id: profiles\n",
    ),
    Section(
        code="K203",
        meaning="A topic or group with which we may not do what we must.",
        why="Events could not be read, or dead letters not be written; then nothing is read.",
        wrong="kafka-acls --add --allow-principal User:profiles \\\n"
        "  --operation Describe --topic prod.loan-funded\n",
        found="topics/prod.loan-funded we have no right to read it | Grant it: `consumer check --print-acls` prints what to order.",
        right="kafka-acls --add --allow-principal User:profiles \\\n"
        "  --operation Describe --operation Read --topic prod.loan-funded\n",
        language="sh",
    ),
    Section(
        code="K204",
        meaning="A topic of dead letters that is missing, and that we cannot create.",
        why="A record is given up only when its dead letter is confirmed, so none is read.",
        wrong="dead_letters: {create: false}\n",
        found="topics/profiles.prod.loan-funded.dead-letters this topic of dead letters does not exist, and would not be created: `dead_letters.create` is false | Create it with 6 partitions, or grant Create on it: `consumer check --print-acls` prints what to order.",
        right="dead_letters: {create: true}\n",
    ),
    Section(
        code="K205",
        meaning="A topic of dead letters that takes less than its source topic brings.",
        why="A letter that is too large is kept without the record's value, and cannot be replayed.",
        wrong="kafka-configs --alter --topic profiles.prod.loan-funded.dead-letters \\\n"
        "  --add-config max.message.bytes=100000\n",
        found="topics/profiles.prod.loan-funded.dead-letters dead letters may have 100000 bytes, and records 1048576: a larger one is kept without its value | Raise max.message.bytes of the topic, and kafka.message.max.bytes of ours.",
        right="kafka-configs --alter --topic profiles.prod.loan-funded.dead-letters \\\n"
        "  --add-config max.message.bytes=1048588\n",
        language="sh",
        is_warning=True,
    ),
    Section(
        code="K206",
        meaning="A pattern that no topic matches.",
        why="It may be meant for topics of tomorrow; most often it is a slip.",
        wrong="source: {pattern: 'prd[.].*', schema: crm.LoanFunded}\n",
        found="topics no topic matches the pattern prd[.].*, or we may not see one | Create one, grant Describe, or look at the pattern; new ones are found later.",
        right="source: {pattern: 'prod[.].*', schema: crm.LoanFunded}\n",
        is_warning=True,
    ),
    Section(
        code="R101",
        meaning="A certificate or key for the registry that cannot be used.",
        why="Without it the registry is not asked at all.",
        wrong="registry: {url: 'https://registry:8081', ca_file: not.pem}\n",
        found="not.pem certificate or key cannot be used: SSLError | Give PEM files; the key must belong to the certificate.",
        right="registry: {url: 'https://registry:8081', ca_file: authorities.pem}\n",
    ),
    Section(
        code="R102",
        meaning="A schema registry that does not answer, or not as one.",
        why="Records whose schema is not known yet would wait, and their partitions with them.",
        wrong="registry: {url: 'https://registri:8081'}\n",
        found="registry schema registry https://registri:8081: no answer in time | Check section `registry` and the way there.",
        right="registry: {url: 'https://registry:8081'}\n",
    ),
    Section(
        code="T101",
        meaning="A Target that cannot be reached, or another server in its place.",
        why="The service would run, and wait: nothing is dead-lettered for it.",
        wrong="target: {client: acme, base_url: 'https://nobody.example'}\n",
        found="target nobody.example: no connection to the target: connection refused | Check target.base_url and target.proxy: is the target there?",
        right="target: {client: acme}\n",
    ),
    Section(
        code="T102",
        meaning="A Target that asks for a profile API token, or for another one.",
        why="The service would run, and wait for a token that is taken.",
        wrong="target: {client: acme}\n",
        found="target acme.tt.omtrdc.net: the target refuses the token (HTTP 403) | Set target.token to a valid token; a new one in its file needs no restart.",
        right="target: {client: acme, token: 0a1b2c3d}\n",
    ),
)
