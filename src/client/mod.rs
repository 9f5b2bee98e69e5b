//! A Kafka client: admin, producer, consumer.
