"""Real servers for tests: Apache Kafka and a schema registry, each one Java process."""
