//! The tables of configuration keys, one row a key (Kafka's ConfigDef).
