"""The Kafka consumer: a thread of its own reads, the event loop decides."""
