"""C1xx and C2xx: the configuration, its variables, and the files that it names."""

from __future__ import annotations

from consumer.catalogue.section import Section

__all__ = ["CONFIGURATION"]

CONFIGURATION: tuple[Section, ...] = (
    Section(
        code="C101",
        meaning="A key that the configuration does not have.",
        why="A key that nobody reads would be ignored, and its default hold.",
        wrong="limits: {held_record: 5000}\n",
        found="1:10 There is no key `limits.held_record`. | Did you mean `limits.held_records`?",
        right="limits: {held_records: 5000}\n",
    ),
    Section(
        code="C102",
        meaning="A value of the wrong kind.",
        why="Values are not converted by guessing.",
        wrong="target: {client: acme, timeout_seconds: soon}\n",
        found="1:41 `target.timeout_seconds` must be a number; it is 'soon'. | Mend the value; `consumer docs configuration` says what may stand here.",
        right="target: {client: acme, timeout_seconds: 5}\n",
    ),
    Section(
        code="C103",
        meaning="A value that may not be.",
        why="Out of its range, or of its choices, it could not work.",
        wrong="limits: {held_records: 0}\n",
        found="1:24 `limits.held_records` must be from 1 to 9007199254740992; it is 0. | Mend the value; `consumer docs configuration` says what may stand here.",
        right="limits: {held_records: 5000}\n",
    ),
    Section(
        code="C104",
        meaning="A key that must be there.",
        why="It has no default that is right for everybody.",
        wrong="target: {timeout_seconds: 5}\n",
        found="consumer.yaml `target.client` is missing. | Set it in section `target`.",
        right="target: {client: acme, timeout_seconds: 5}\n",
    ),
    Section(
        code="C105",
        meaning="A file or folder that cannot be read.",
        why="The value, the schemas or the mappings in it are needed.",
        wrong="target: {client: acme, token: {file: secrets/tokn}}\n",
        found="1:31 `target.token` names secrets/tokn: no such file or directory. | Mend the path or the file; paths are relative to the configuration file.",
        right="target: {client: acme, token: {file: secrets/token}}\n",
    ),
    Section(
        code="C106",
        meaning="A part of the configuration that is not built yet.",
        why="A key that this version does not act on is refused, never ignored.",
        wrong="bulk: {pending_rows: 1000}\n",
        found="1:1 `bulk` is not built yet: the bulk endpoint comes later. | Remove it; nothing here is ignored in silence.",
        right="limits: {held_records: 5000}\n",
    ),
    Section(
        code="C107",
        meaning="A property that only the program sets.",
        why="At-least-once rests on committing nothing before it is settled.",
        wrong="kafka:\n  bootstrap.servers: broker:9092\n  group.id: profiles\n"
        "  enable.auto.commit: true\n",
        found="4:3 `kafka.enable.auto.commit` is not yours to set: an offset is committed only when its record is settled. | Remove it.",
        right="kafka:\n  bootstrap.servers: broker:9092\n  group.id: profiles\n",
    ),
    Section(
        code="C108",
        meaning="A variable of the environment that sets nothing.",
        why="It looks as if it did.",
        wrong="CONSUMER_LIMITS__HELD_RECORD=5000\n",
        found="$CONSUMER_LIMITS__HELD_RECORD No setting answers to `CONSUMER_LIMITS__HELD_RECORD`. | Did you mean `CONSUMER_LIMITS__HELD_RECORDS`?",
        right="CONSUMER_LIMITS__HELD_RECORDS=5000\n",
        language="sh",
    ),
    Section(
        code="C109",
        meaning="Values that do not go together.",
        why="Each is right alone; together they promise what cannot be.",
        wrong="retry: {base_seconds: 60, cap_seconds: 30}\n",
        found="1:23 `retry.base_seconds` (60) is more than `retry.cap_seconds` (30). | Make the cap the larger one.",
        right="retry: {base_seconds: 0.2, cap_seconds: 30}\n",
    ),
    Section(
        code="C110",
        meaning="A configuration that cannot be read.",
        why="Without it there is neither broker nor target.",
        wrong="consumer check --config cnosumer.yaml\n",
        found="cnosumer.yaml The configuration cannot be read: no such file or directory. | Name a file with `--config FILE`.",
        right="consumer check --config consumer.yaml\n",
        language="sh",
    ),
    Section(
        code="C111",
        meaning="A folder of mappings without a mapping.",
        why="There would be no topic to read.",
        wrong="mappings: empty\n",
        found="empty There is no mapping file in this folder. | Point `mappings` to a folder with at least one NAME.yaml.",
        right="mappings: schemas/mappings\n",
    ),
    Section(
        code="C112",
        meaning="A test inside a mapping file that fails.",
        why="The file says of itself that it does something else: `run` does not begin with "
        "it, and a running process keeps the mappings that it has.",
        wrong="mappings: failing\n",
        found="7:1 The test `a visitor` of `example` fails. | Mend the rule or the test; `consumer test` shows the difference.",
        right="mappings: schemas/mappings\n",
    ),
    Section(
        code="C201",
        meaning="A variable of OpenTelemetry that cannot be used.",
        why="Traces would go nowhere, in silence.",
        wrong="OTEL_TRACES_EXPORTER=zipkin\n",
        found="$OTEL_TRACES_EXPORTER `OTEL_TRACES_EXPORTER` must be one of otlp, console, none. | Change or remove the variable.",
        right="OTEL_TRACES_EXPORTER=otlp\n",
        language="sh",
    ),
    Section(
        code="C701",
        meaning="Certificates for the target that cannot be used.",
        why="Without them the target's certificate cannot be proved.",
        wrong="target: {client: acme, ca_file: not.pem}\n",
        found="not.pem target.ca_file cannot be used: it is not a PEM file of certificates | name a PEM file with the certificates of the authorities to trust",
        right="target: {client: acme, ca_file: authorities.pem}\n",
    ),
)
