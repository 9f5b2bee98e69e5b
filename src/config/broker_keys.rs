//! The table of Kafka 4.3.1's own broker keys, and nothing else.

use super::def::ValidValues::{
    Any, AtLeast, Between, BetweenOr, Fraction, ListOf, NonEmptyList, NonEmptyString, OneOf,
    OneOfIgnoringCase,
};
use super::def::config_table;

config_table! {
    /// Kafka 4.3.1's own keys.
    pub static BROKER_KEYS = {
    Int "add.partitions.to.txn.retry.backoff.max.ms" = "100", AtLeast(0), High, ReadOnly, Accepted:
        "Longest total time the broker itself retries adding a partition to a transaction.";
    Int "add.partitions.to.txn.retry.backoff.ms" = "20", AtLeast(1), High, ReadOnly, Accepted:
        "Pause between those retries.";
    List "advertised.listeners" = null, Any, High, ReadOnly, Honoured:
        "Addresses told to clients in metadata, same syntax as listeners; names must be a subset \
         of the listeners. 0.0.0.0 is refused. Unset means: use listeners.";
    Class "alter.config.policy.class.name" = null, Any, Low, ReadOnly, Accepted:
        "Plug-in class that may refuse config changes. kt loads no Java classes.";
    Int "alter.log.dirs.replication.quota.window.num" = "11", AtLeast(1), Low, ReadOnly, Accepted:
        "Samples kept for the intra-broker move quota.";
    Int "alter.log.dirs.replication.quota.window.size.seconds" =
        "1", AtLeast(1), Low, ReadOnly, Accepted:
        "Length of one such sample.";
    String "authorizer.class.name" = "", Any, Low, ReadOnly, Accepted:
        "Authorizer class; empty allows everything. The KRaft one is \
         org.apache.kafka.metadata.authorizer.StandardAuthorizer.";
    Boolean "auto.create.topics.enable" = "true", Any, High, ReadOnly, Honoured:
        "A metadata request (produce, consume, describe by a client that allows it) for an \
         unknown topic creates it.";
    Boolean "auto.leader.rebalance.enable" = "true", Any, High, ReadOnly, Accepted:
        "Controller moves leadership back to preferred replicas in the background.";
    Int "background.threads" = "10", AtLeast(1), High, ClusterWide, Accepted:
        "Threads for housekeeping work.";
    Int "broker.heartbeat.interval.ms" = "2000", Any, Medium, ReadOnly, Accepted:
        "Interval of broker heartbeats to the controller.";
    Int "broker.id" = "-1", Any, High, ReadOnly, Honoured:
        "Older name of node.id. -1 asks a ZooKeeper cluster to allocate one; a KRaft node needs a \
         fixed non-negative id.";
    String "broker.rack" = null, Any, Medium, ReadOnly, Honoured:
        "Free-form rack / zone label of this broker; shown as rack in node listings and used for \
         rack-aware placement and closest-replica fetch.";
    Int "broker.session.timeout.ms" = "9000", Any, Medium, ReadOnly, Accepted:
        "Broker is fenced when no heartbeat arrived for this long.";
    Class "client.quota.callback.class" = null, Any, Low, ReadOnly, Accepted:
        "Plug-in deciding client quotas.";
    Int "compression.gzip.level" = "-1", BetweenOr(1, 9, -1), Medium, ClusterWide, Honoured:
        "Level used when the broker itself compresses with gzip.";
    Int "compression.lz4.level" = "9", Between(1, 17), Medium, ClusterWide, Accepted:
        "Level used when the broker itself compresses with lz4.";
    String "compression.type" =
        "producer", OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
        High, ClusterWide, Honoured:
        "producer keeps the producer's codec; otherwise the broker recompresses to this codec; \
         uncompressed means none. Server default of compression.type.";
    Int "compression.zstd.level" = "3", Between(-131_072, 22), Medium, ClusterWide, Honoured:
        "Level used when the broker itself compresses with zstd.";
    List "config.providers" = "", Any, Low, ClusterWide, Accepted:
        "Aliases of classes that resolve ${alias:path:key} in values; details in \
         config.providers.ALIAS.*.";
    Int "connection.failed.authentication.delay.ms" = "100", AtLeast(0), Low, ReadOnly, Accepted:
        "Delay before the connection of a failed authentication is closed; must be below \
         connections.max.idle.ms.";
    Long "connections.max.idle.ms" = "600000", Any, Medium, ReadOnly, Honoured:
        "Idle connections are closed after this long.";
    Long "connections.max.reauth.ms" = "0", Any, Medium, ReadOnly, Accepted:
        "SASL sessions older than this must re-authenticate; 0 disables. Can be set per listener \
         and mechanism.";
    Boolean "controlled.shutdown.enable" = "true", Any, Medium, ReadOnly, Accepted:
        "Move leadership away before stopping.";
    List "controller.listener.names" = required, Any, High, ReadOnly, Honoured:
        "Names (from listeners or the protocol map) used for controller traffic; these are hidden \
         from ordinary clients. Needed in KRaft mode.";
    Long "controller.performance.always.log.threshold.ms" =
        "2000", AtLeast(0), Medium, ReadOnly, Accepted internal:
        "Controller events slower than this are logged.";
    Long "controller.performance.sample.period.ms" =
        "60000", AtLeast(100), Medium, ReadOnly, Accepted internal:
        "Rhythm of the controller performance log lines.";
    Int "controller.quorum.append.linger.ms" = "25", AtLeast(0), Medium, ReadOnly, Accepted:
        "How long the quorum leader collects writes before flushing them.";
    Boolean "controller.quorum.auto.join.enable" = "false", Any, Low, ReadOnly, Accepted:
        "A new controller adds itself to a dynamic quorum.";
    List "controller.quorum.bootstrap.servers" = "", Any, High, ReadOnly, Accepted:
        "host:port list used to find the controller quorum when voters are managed dynamically.";
    Int "controller.quorum.election.backoff.max.ms" = "1000", AtLeast(0), High, ReadOnly, Accepted:
        "Upper bound of the random wait before retrying an election.";
    Int "controller.quorum.election.timeout.ms" = "1000", AtLeast(0), High, ReadOnly, Accepted:
        "How long a node waits without hearing from a leader before it starts an election.";
    Int "controller.quorum.fetch.max.bytes" = "1048576", AtLeast(1), Low, ReadOnly, Accepted:
        "Most bytes of one fetch of the metadata log.";
    Int "controller.quorum.fetch.snapshot.max.bytes" =
        "1048576", AtLeast(1), Low, ReadOnly, Accepted:
        "Most bytes of one fetch of a metadata snapshot.";
    Int "controller.quorum.fetch.timeout.ms" = "2000", AtLeast(0), High, ReadOnly, Accepted:
        "How long without a successful fetch from the quorum leader before becoming a candidate.";
    Int "controller.quorum.request.timeout.ms" = "2000", AtLeast(0), Medium, ReadOnly, Accepted:
        "Time limit for one quorum request.";
    Int "controller.quorum.retry.backoff.ms" = "20", AtLeast(0), Low, ReadOnly, Accepted:
        "Pause before repeating a failed quorum request.";
    List "controller.quorum.voters" = "", Any, High, ReadOnly, Honoured:
        "Static voter list as id@host:port,...; a combined single node lists itself. Used unless \
         controller.quorum.bootstrap.servers is.";
    Int "controller.quota.window.num" = "11", AtLeast(1), Low, ReadOnly, Accepted:
        "Samples kept for controller mutation quotas.";
    Int "controller.quota.window.size.seconds" = "1", AtLeast(1), Low, ReadOnly, Accepted:
        "Length of one such sample.";
    Int "controller.socket.timeout.ms" = "30000", Any, Medium, ReadOnly, Accepted:
        "Socket time limit of controller-to-broker channels (ZooKeeper mode).";
    List "cordoned.log.dirs" = "", Any, Medium, PerBroker, Accepted:
        "Log dirs that get no new replicas; * means all. Must be among log.dirs.";
    Class "create.topic.policy.class.name" = null, Any, Low, ReadOnly, Accepted:
        "Plug-in class that may refuse topic creation. kt loads no Java classes.";
    Int "default.replication.factor" = "1", Any, Medium, ReadOnly, Honoured:
        "Replication factor of auto-created topics and of create requests asking for the default \
         (-1).";
    Long "delegation.token.expiry.check.interval.ms" =
        "3600000", AtLeast(1), Low, ReadOnly, Accepted:
        "How often expired tokens are removed.";
    Long "delegation.token.expiry.time.ms" = "86400000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Validity of a token before it must be renewed.";
    Long "delegation.token.max.lifetime.ms" = "604800000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Latest time to which a token can be renewed.";
    Password "delegation.token.secret.key" = null, Any, Medium, ReadOnly, Accepted:
        "Secret for signing delegation tokens; unset switches tokens off.";
    Int "delete.records.purgatory.purge.interval.requests" = "1", Any, Medium, ReadOnly, Accepted:
        "Internal cleanup rhythm of waiting DeleteRecords requests.";
    Boolean "delete.topic.enable" = "true", Any, High, ReadOnly, Honoured:
        "When false, delete requests fail with TOPIC_DELETION_DISABLED.";
    List "early.start.listeners" = null, Any, High, ReadOnly, Accepted:
        "Listeners that may accept connections before the authorizer finished starting; by \
         default only controller listeners.";
    Int "fetch.max.bytes" = "57671680", AtLeast(1_024), Medium, ReadOnly, Honoured:
        "Most bytes returned to one fetch request.";
    Int "fetch.purgatory.purge.interval.requests" = "1000", Any, Medium, ReadOnly, Accepted:
        "Internal cleanup rhythm of waiting fetches.";
    Boolean "follower.fetch.last.tiered.offset.enable" =
        "false", Any, Medium, ClusterWide, Accepted:
        "Tiered storage: an empty follower starts behind the last uploaded offset.";
    Int "group.consumer.assignment.interval.ms" = "1000", AtLeast(0), Medium, ClusterWide, Accepted:
        "Least time between two assignments of a consumer group.";
    List "group.consumer.assignors" = "uniform,range", Any, Medium, ReadOnly, Honoured:
        "Server-side assignors in order, first one is the default (uniform, range).";
    Int "group.consumer.heartbeat.interval.ms" = "5000", AtLeast(1), Medium, ReadOnly, Honoured:
        "Heartbeat interval told to KIP-848 members.";
    Int "group.consumer.max.assignment.interval.ms" =
        "15000", AtLeast(0), Medium, ReadOnly, Accepted:
        "Upper limit of the per-group override.";
    Int "group.consumer.max.heartbeat.interval.ms" =
        "15000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Upper limit for the per-group override.";
    Int "group.consumer.max.session.timeout.ms" = "60000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Upper limit for the per-group override.";
    Int "group.consumer.max.size" = "2147483647", AtLeast(1), Medium, ReadOnly, Honoured:
        "Largest number of members of a KIP-848 group.";
    String "group.consumer.migration.policy" =
        "bidirectional", OneOfIgnoringCase(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"]),
        Medium, ReadOnly, Accepted:
        "Whether classic groups convert to the consumer protocol and back: disabled, upgrade, \
         downgrade, bidirectional.";
    Int "group.consumer.min.assignment.interval.ms" = "0", AtLeast(0), Medium, ReadOnly, Accepted:
        "Lower limit of the per-group override.";
    Int "group.consumer.min.heartbeat.interval.ms" = "5000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Lower limit for the per-group override.";
    Int "group.consumer.min.session.timeout.ms" = "45000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Lower limit for the per-group override.";
    Int "group.consumer.regex.refresh.interval.ms" =
        "600000", AtLeast(10_000), Medium, ReadOnly, Accepted internal:
        "How often KIP-848 regex subscriptions are matched anew.";
    Int "group.consumer.session.timeout.ms" = "45000", AtLeast(1), Medium, ReadOnly, Honoured:
        "Session timeout of members of the KIP-848 consumer protocol.";
    Int "group.coordinator.append.linger.ms" = "-1", AtLeast(-1), Medium, ReadOnly, Accepted:
        "How long coordinator writes are gathered into one batch.";
    Int "group.coordinator.background.threads" = "2", AtLeast(1), High, ReadOnly, Accepted:
        "Threads of the coordinator for regex matching and assignment.";
    Int "group.coordinator.cached.buffer.max.bytes" =
        "1048588", AtLeast(524_288), Medium, ClusterWide, Accepted:
        "Largest write buffer the coordinator keeps for reuse.";
    List "group.coordinator.rebalance.protocols" =
        "classic,consumer,streams", ListOf(&["consumer", "classic", "share", "streams"]),
        Medium, ReadOnly, Accepted:
        "Group protocols on offer: classic (mandatory), consumer, share.";
    Int "group.coordinator.threads" = "4", AtLeast(1), High, ReadOnly, Accepted:
        "Threads of the group coordinator.";
    Int "group.initial.rebalance.delay.ms" = "3000", Any, Medium, ReadOnly, Honoured:
        "How long an empty classic group waits for more members before the first rebalance. \
         Quickstart files set 0.";
    Int "group.max.session.timeout.ms" = "1800000", Any, Medium, ReadOnly, Honoured:
        "Largest session timeout a classic member may ask for.";
    Int "group.max.size" = "2147483647", AtLeast(1), Medium, ReadOnly, Honoured:
        "Largest number of members of a classic group; above: GROUP_MAX_SIZE_REACHED.";
    Int "group.min.session.timeout.ms" = "6000", Any, Medium, ReadOnly, Honoured:
        "Smallest session timeout a classic member may ask for; below: INVALID_SESSION_TIMEOUT.";
    Int "group.share.assignment.interval.ms" = "1000", AtLeast(0), Medium, ClusterWide, Accepted:
        "Least time between two assignments of a share group.";
    List "group.share.assignors" = "simple", Any, Medium, ReadOnly, Accepted:
        "The one assignor of share groups (simple).";
    Int "group.share.delivery.count.limit" = "5", Between(2, 10), Medium, ReadOnly, Accepted:
        "Delivery attempts of a record in a share group.";
    Int "group.share.heartbeat.interval.ms" = "5000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Heartbeat interval told to share members.";
    Int "group.share.initialize.retry.interval.ms" =
        "30000", AtLeast(1), Low, ReadOnly, Accepted internal:
        "Pause before share state initialisation is tried again.";
    Int "group.share.max.assignment.interval.ms" = "15000", AtLeast(0), Medium, ReadOnly, Accepted:
        "Upper limit of the per-group override.";
    Int "group.share.max.delivery.count.limit" = "10", Between(5, 25), Medium, ReadOnly, Accepted:
        "Upper limit of the per-group share.delivery.count.limit.";
    Int "group.share.max.heartbeat.interval.ms" = "15000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Upper limit for the per-group override.";
    Int "group.share.max.partition.max.record.locks" =
        "4000", Between(2_000, 10_000), Medium, ReadOnly, Accepted:
        "Upper limit of the per-group share.partition.max.record.locks.";
    Int "group.share.max.record.lock.duration.ms" =
        "60000", Between(30_000, 3_600_000), Medium, ReadOnly, Accepted:
        "Upper limit for the per-group override.";
    Int "group.share.max.session.timeout.ms" = "60000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Upper limit for the per-group override.";
    Int "group.share.max.share.sessions" = "2000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Most share sessions of one broker.";
    Int "group.share.max.size" = "200", Between(1, 1_000), Medium, ReadOnly, Accepted:
        "Members per share group.";
    Int "group.share.min.assignment.interval.ms" = "0", AtLeast(0), Medium, ReadOnly, Accepted:
        "Lower limit of the per-group override.";
    Int "group.share.min.delivery.count.limit" = "2", Between(2, 5), Medium, ReadOnly, Accepted:
        "Lower limit of the same.";
    Int "group.share.min.heartbeat.interval.ms" = "5000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Lower limit for the per-group override.";
    Int "group.share.min.partition.max.record.locks" =
        "100", Between(100, 2_000), Medium, ReadOnly, Accepted:
        "Lower limit of the same.";
    Int "group.share.min.record.lock.duration.ms" =
        "15000", Between(1_000, 30_000), Medium, ReadOnly, Accepted:
        "Lower limit for the per-group override.";
    Int "group.share.min.session.timeout.ms" = "45000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Lower limit for the per-group override.";
    Int "group.share.partition.max.record.locks" =
        "2000", Between(100, 10_000), Medium, ReadOnly, Accepted:
        "Records locked at once per share partition.";
    String "group.share.persister.class.name" =
        "org.apache.kafka.server.share.persister.DefaultStatePersister",
        Any, Medium, ReadOnly, Accepted internal:
        "Class that keeps share state.";
    Int "group.share.record.lock.duration.ms" =
        "30000", Between(1_000, 3_600_000), Medium, ReadOnly, Accepted:
        "How long an acquired record stays locked.";
    Int "group.share.session.timeout.ms" = "45000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Session timeout of share group members.";
    Int "group.streams.assignment.interval.ms" = "1000", AtLeast(0), Medium, ClusterWide, Accepted:
        "Least time between two assignments of a streams group.";
    Int "group.streams.heartbeat.interval.ms" = "5000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Heartbeat interval told to members of streams groups.";
    Int "group.streams.initial.rebalance.delay.ms" = "3000", AtLeast(0), Medium, ReadOnly, Accepted:
        "Wait for more members before the first assignment of a streams group.";
    Int "group.streams.max.assignment.interval.ms" =
        "15000", AtLeast(0), Medium, ReadOnly, Accepted:
        "Upper limit of the per-group override.";
    Int "group.streams.max.heartbeat.interval.ms" = "15000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Upper limit of the per-group streams.heartbeat.interval.ms.";
    Int "group.streams.max.session.timeout.ms" = "60000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Upper limit of the per-group streams.session.timeout.ms.";
    Int "group.streams.max.size" = "2147483647", AtLeast(1), Medium, ReadOnly, Accepted:
        "Most members of a streams group.";
    Int "group.streams.max.standby.replicas" = "2", AtLeast(0), Medium, ReadOnly, Accepted:
        "Upper limit of the per-group streams.num.standby.replicas.";
    Int "group.streams.min.assignment.interval.ms" = "0", AtLeast(0), Medium, ReadOnly, Accepted:
        "Lower limit of the per-group override.";
    Int "group.streams.min.heartbeat.interval.ms" = "5000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Lower limit of the same.";
    Int "group.streams.min.session.timeout.ms" = "45000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Lower limit of the same.";
    Int "group.streams.num.standby.replicas" = "0", AtLeast(0), Medium, ReadOnly, Accepted:
        "Standby copies of each task.";
    Int "group.streams.session.timeout.ms" = "45000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Members of streams groups without a heartbeat for this long are removed.";
    Int "initial.broker.registration.timeout.ms" = "60000", Any, Medium, ReadOnly, Accepted:
        "Time a starting broker tries to register before it gives up and exits.";
    String "inter.broker.listener.name" = null, Any, Medium, ReadOnly, Accepted:
        "Listener brokers use among themselves. May not be combined with \
         security.inter.broker.protocol.";
    Long "internal.metadata.delete.delay.millis" = "60000", Any, Low, ReadOnly, Accepted internal:
        "Metadata log: delay of file deletion.";
    Int "internal.metadata.log.segment.bytes" = null, Any, Low, ReadOnly, Accepted internal:
        "Metadata log: segment size below the public minimum.";
    Int "internal.metadata.max.batch.size.in.bytes" =
        "8388608", Any, Low, ReadOnly, Accepted internal:
        "Metadata log: largest batch.";
    Int "kafka.metrics.polling.interval.secs" = "10", AtLeast(1), Low, ReadOnly, Accepted:
        "Yammer reporter interval.";
    List "kafka.metrics.reporters" = "", Any, Low, ReadOnly, Accepted:
        "Yammer reporter classes.";
    Long "leader.imbalance.check.interval.seconds" = "300", AtLeast(1), High, ReadOnly, Accepted:
        "How often the leader balance is looked at.";
    String "listener.security.protocol.map" =
        "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
        Any, Low, PerBroker, Honoured:
        "Maps listener names to PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. In KRaft mode with \
         the key unset, controller listener names default to PLAINTEXT if no secure listener \
         exists.";
    List "listeners" = "PLAINTEXT://:9092", Any, High, PerBroker, Honoured:
        "Comma list of NAME://host:port sockets to bind. Empty host binds all interfaces. Names \
         must be unique; ports must differ unless one is IPv4 and the other IPv6.";
    Long "log.cleaner.backoff.ms" = "15000", AtLeast(0), Medium, ClusterWide, Honoured:
        "Sleep of a cleaner thread that found nothing to do.";
    Long "log.cleaner.dedupe.buffer.size" = "134217728", Any, Medium, ClusterWide, Honoured:
        "Most memory for all cleaner threads' key maps, at 24 bytes a key; no more is taken than \
         the keys there can be. Must be 1 MiB per thread at least.";
    Long "log.cleaner.delete.retention.ms" = "86400000", AtLeast(0), Medium, ClusterWide, Honoured:
        "How long tombstones stay readable after compaction. Server default of \
         delete.retention.ms.";
    Boolean "log.cleaner.enable" = "true", Any, Medium, ReadOnly, Honoured:
        "Runs the compaction threads. Needed for compacted topics such as __consumer_offsets.";
    Double "log.cleaner.io.buffer.load.factor" = "0.9", Any, Medium, ClusterWide, Honoured:
        "How full the key map may get before a pass ends.";
    Int "log.cleaner.io.buffer.size" = "524288", AtLeast(0), Medium, ClusterWide, Honoured:
        "Memory for cleaner reads and writes over all threads.";
    Double "log.cleaner.io.max.bytes.per.second" =
        "1.7976931348623157E308", Any, Medium, ClusterWide, Honoured:
        "Limit on cleaner read plus write rate; the default is unlimited (largest double).";
    Long "log.cleaner.max.compaction.lag.ms" =
        "9223372036854775807", AtLeast(1), Medium, ClusterWide, Honoured:
        "Forces compaction of records older than this even when the dirty ratio is low. Server \
         default of max.compaction.lag.ms.";
    Double "log.cleaner.min.cleanable.ratio" =
        "0.5", Fraction(0.0, 1.0), Medium, ClusterWide, Honoured:
        "Smallest share of dirty bytes that makes a log worth compacting. Server default of \
         min.cleanable.dirty.ratio.";
    Long "log.cleaner.min.compaction.lag.ms" = "0", AtLeast(0), Medium, ClusterWide, Honoured:
        "Records younger than this are never compacted away. Server default of \
         min.compaction.lag.ms.";
    Int "log.cleaner.threads" = "1", AtLeast(0), Medium, ClusterWide, Honoured:
        "Logs that are compacted at once.";
    List "log.cleanup.policy" =
        "delete", ListOf(&["compact", "delete"]), Medium, ClusterWide, Honoured:
        "delete, compact or both, comma separated. Server default of cleanup.policy.";
    List "log.dir" = "/tmp/kafka-logs", NonEmptyList, High, ReadOnly, Honoured:
        "Data directory used when log.dirs is not set.";
    Long "log.dir.failure.timeout.ms" = "30000", AtLeast(1), Low, ReadOnly, Accepted:
        "Broker stops itself if a directory failure could not be reported to the controller \
         within this time.";
    List "log.dirs" = null, NonEmptyList, High, ReadOnly, Honoured:
        "Comma list of data directories; wins over log.dir.";
    Long "log.flush.interval.messages" =
        "9223372036854775807", AtLeast(1), High, ClusterWide, Honoured:
        "Records appended before fsync; default practically never. Server default of \
         flush.messages.";
    Long "log.flush.interval.ms" = null, Any, High, ClusterWide, Honoured:
        "Longest time data stays un-fsynced; unset falls back to log.flush.scheduler.interval.ms. \
         Server default of flush.ms.";
    Int "log.flush.offset.checkpoint.interval.ms" = "60000", AtLeast(0), High, ReadOnly, Honoured:
        "How often recovery points are written to recovery-point-offset-checkpoint.";
    Long "log.flush.scheduler.interval.ms" = "9223372036854775807", Any, High, ReadOnly, Honoured:
        "How often the flusher looks for logs that need an fsync; each second at least.";
    Int "log.flush.start.offset.checkpoint.interval.ms" =
        "60000", AtLeast(0), High, ReadOnly, Honoured:
        "How often log start offsets are written to log-start-offset-checkpoint.";
    Int "log.index.interval.bytes" = "4096", AtLeast(0), Medium, ClusterWide, Honoured:
        "Bytes of log between two entries of the offset index. Server default of \
         index.interval.bytes.";
    Int "log.index.size.max.bytes" = "10485760", AtLeast(4), Medium, ClusterWide, Honoured:
        "Largest size of an index file. Server default of segment.index.bytes.";
    Long "log.initial.task.delay.ms" = "30000", AtLeast(0), Low, ReadOnly, Honoured internal:
        "Wait after startup before the first retention run, if shorter than its interval.";
    Long "log.local.retention.bytes" = "-2", AtLeast(-2), Medium, ClusterWide, Accepted:
        "Tiered storage: local retention size; -2 means same as retention.bytes.";
    Long "log.local.retention.ms" = "-2", AtLeast(-2), Medium, ClusterWide, Accepted:
        "Tiered storage: local retention time; -2 means same as retention.ms.";
    Long "log.message.timestamp.after.max.ms" =
        "3600000", AtLeast(0), Medium, ClusterWide, Honoured:
        "How far in the future a CreateTime record may lie. Server default of \
         message.timestamp.after.max.ms.";
    Long "log.message.timestamp.before.max.ms" =
        "9223372036854775807", AtLeast(0), Medium, ClusterWide, Honoured:
        "How far in the past (relative to the broker clock) a CreateTime record may lie. Server \
         default of message.timestamp.before.max.ms.";
    String "log.message.timestamp.type" =
        "CreateTime", OneOf(&["CreateTime", "LogAppendTime"]), Medium, ClusterWide, Honoured:
        "CreateTime keeps the producer's timestamp, LogAppendTime overwrites it with broker time. \
         Server default of message.timestamp.type.";
    Boolean "log.preallocate" = "false", Any, Medium, ClusterWide, Accepted:
        "Creates segment files at full size up front. Server default of preallocate.";
    Long "log.retention.bytes" = "-1", Any, High, ClusterWide, Honoured:
        "Per-partition size above which old segments are deleted; -1 for no limit. Server default \
         of retention.bytes.";
    Long "log.retention.check.interval.ms" = "300000", AtLeast(1), Medium, ReadOnly, Honoured:
        "How often the broker looks for segments that may be deleted.";
    Int "log.retention.hours" = "168", Any, High, ReadOnly, Honoured:
        "Retention in hours; used when neither of the other two is set.";
    Int "log.retention.minutes" = null, Any, High, ReadOnly, Honoured:
        "Retention in minutes; used when log.retention.ms is unset.";
    Long "log.retention.ms" = null, Any, High, ClusterWide, Honoured:
        "Records older than this may be deleted; -1 keeps for ever. Wins over .minutes and \
         .hours. Server default of retention.ms.";
    Int "log.roll.hours" = "168", AtLeast(1), High, ReadOnly, Honoured:
        "Same in hours; used only when log.roll.ms is unset.";
    Int "log.roll.jitter.hours" = "0", AtLeast(0), High, ReadOnly, Honoured:
        "Same in hours; used only when log.roll.jitter.ms is unset.";
    Long "log.roll.jitter.ms" = null, Any, High, ClusterWide, Honoured:
        "Random amount subtracted from the roll time so that segments do not all roll together.";
    Long "log.roll.ms" = null, Any, High, ClusterWide, Honoured:
        "Age at which a new segment starts, in ms; unset means use log.roll.hours. Server default \
         of segment.ms.";
    Int "log.segment.bytes" = "1073741824", AtLeast(1_048_576), High, ClusterWide, Honoured:
        "Largest size of a segment file; server default of topic config segment.bytes.";
    Long "log.segment.delete.delay.ms" = "60000", AtLeast(0), High, ClusterWide, Honoured:
        "Wait between marking a file .deleted and unlinking it. Server default of \
         file.delete.delay.ms.";
    Int "max.connection.creation.rate" = "2147483647", AtLeast(0), Medium, ClusterWide, Accepted:
        "New connections per second, broker-wide or per listener; excess ones are delayed.";
    Int "max.connections" = "2147483647", AtLeast(0), Medium, ClusterWide, Honoured:
        "Connections allowed at one time; also per listener with the listener prefix. The \
         inter-broker listener is exempt from the broker-wide limit.";
    Int "max.connections.per.ip" = "2147483647", AtLeast(0), Medium, ClusterWide, Honoured:
        "Connections allowed from one address; 0 only together with overrides.";
    String "max.connections.per.ip.overrides" = "", Any, Medium, ClusterWide, Accepted:
        "host:count list of exceptions, e.g. hostName:100,127.0.0.1:200.";
    Int "max.incremental.fetch.session.cache.slots" =
        "1000", AtLeast(0), Medium, ReadOnly, Honoured:
        "Incremental fetch sessions remembered.";
    Int "max.request.partition.size.limit" = "2000", AtLeast(1), Medium, ReadOnly, Honoured:
        "Largest partition count in one DescribeTopicPartitions response.";
    Int "message.max.bytes" = "1048588", AtLeast(0), High, ClusterWide, Honoured:
        "Largest record batch (after compression) a broker takes. Server default of \
         max.message.bytes.";
    String "metadata.log.dir" = null, Any, High, ReadOnly, Honoured:
        "Directory of the cluster metadata log; unset means the first of log.dirs.";
    Long "metadata.log.max.record.bytes.between.snapshots" =
        "20971520", AtLeast(1), High, ReadOnly, Accepted:
        "Bytes of new metadata after which a snapshot is written.";
    Long "metadata.log.max.snapshot.interval.ms" = "3600000", AtLeast(0), High, ReadOnly, Accepted:
        "Longest time between metadata snapshots when something changed; 0 switches time based \
         snapshots off.";
    Int "metadata.log.segment.bytes" = "1073741824", AtLeast(8_388_608), High, ReadOnly, Accepted:
        "Largest size of one metadata log segment.";
    Long "metadata.log.segment.ms" = "604800000", Any, High, ReadOnly, Accepted:
        "Age at which the metadata log starts a new segment.";
    Int "metadata.max.idle.interval.ms" = "500", AtLeast(0), Low, ReadOnly, Accepted:
        "How often the active controller appends a no-op record; 0 for never.";
    Long "metadata.max.retention.bytes" = "104857600", Any, High, ReadOnly, Accepted:
        "Size of metadata log plus snapshots above which old ones are removed.";
    Long "metadata.max.retention.ms" = "604800000", Any, High, ReadOnly, Accepted:
        "Age above which old metadata log parts and snapshots are removed.";
    List "metric.reporters" =
        "org.apache.kafka.common.metrics.JmxReporter", Any, Low, ClusterWide, Accepted:
        "Reporter classes; JMX by default.";
    Int "metrics.num.samples" = "2", AtLeast(1), Low, ReadOnly, Accepted:
        "Samples per metric.";
    String "metrics.recording.level" = "INFO", Any, Low, ReadOnly, Accepted:
        "INFO, DEBUG or TRACE.";
    Long "metrics.sample.window.ms" = "30000", AtLeast(1), Low, ReadOnly, Accepted:
        "Length of one sample.";
    Int "min.insync.replicas" = "1", AtLeast(1), High, ClusterWide, Honoured:
        "Replicas that must hold a write for acks=all to succeed. Server default of \
         min.insync.replicas.";
    Int "node.id" = required, AtLeast(0), High, ReadOnly, Honoured:
        "Numeric id of this node inside the cluster; mandatory (>= 0) when process.roles is set. \
         If broker.id is given too, both must be equal.";
    Int "num.io.threads" = "8", AtLeast(1), High, ClusterWide, Accepted:
        "Threads that process requests.";
    Int "num.network.threads" = "3", AtLeast(1), High, ClusterWide, Accepted:
        "Threads per listener that read requests and write responses.";
    Int "num.partitions" = "1", AtLeast(1), Medium, ReadOnly, Honoured:
        "Partition count of auto-created topics and of create requests asking for the default \
         (-1).";
    Int "num.recovery.threads.per.data.dir" = "2", AtLeast(1), High, ClusterWide, Accepted:
        "Threads per directory for log loading at start and flushing at stop.";
    Int "num.replica.alter.log.dirs.threads" = null, Any, High, ReadOnly, Accepted:
        "Threads that move replicas between directories; unset means one per directory.";
    Int "num.replica.fetchers" = "1", AtLeast(1), High, ClusterWide, Accepted:
        "Fetcher threads per source broker.";
    Int "offset.metadata.max.bytes" = "4096", Any, High, ReadOnly, Honoured:
        "Largest metadata string in an offset commit; longer ones get OFFSET_METADATA_TOO_LARGE.";
    Int "offsets.commit.timeout.ms" = "5000", AtLeast(1), High, ReadOnly, Accepted:
        "Time limit for replicating an offset commit.";
    Int "offsets.load.buffer.size" = "5242880", AtLeast(1), High, ReadOnly, Accepted:
        "Read size when loading offsets.";
    Long "offsets.retention.check.interval.ms" = "600000", AtLeast(1), High, ReadOnly, Honoured:
        "How often expired offsets are looked for.";
    Int "offsets.retention.minutes" = "10080", AtLeast(1), High, ReadOnly, Honoured:
        "Committed offsets of an empty (or unsubscribed) group expire after this long.";
    Int "offsets.topic.compression.codec" = "0", Any, High, ReadOnly, Accepted:
        "Codec id (0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd) of __consumer_offsets records.";
    Int "offsets.topic.num.partitions" = "50", AtLeast(1), High, ReadOnly, Honoured:
        "Partitions of __consumer_offsets; must not change once the topic exists.";
    Short "offsets.topic.replication.factor" = "3", AtLeast(1), High, ReadOnly, Accepted:
        "Replication factor of __consumer_offsets; too few live brokers make auto-creation fail, \
         hence 1 in quickstart files.";
    Int "offsets.topic.segment.bytes" = "104857600", AtLeast(1), High, ReadOnly, Honoured:
        "Segment size of __consumer_offsets.";
    Class "principal.builder.class" =
        "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder",
        Any, Medium, PerBroker, Accepted:
        "Class turning an authenticated connection into a principal.";
    List "process.roles" = required, ListOf(&["broker", "controller"]), High, ReadOnly, Honoured:
        "Roles this process plays in KRaft mode: broker, controller, or both (combined).";
    Int "producer.id.expiration.check.interval.ms" =
        "600000", AtLeast(1), Low, ReadOnly, Accepted internal:
        "How often expired producer state is looked for.";
    Int "producer.id.expiration.ms" = "86400000", AtLeast(1), Low, ClusterWide, Honoured:
        "Producer state with no writes is dropped after this long.";
    Int "producer.purgatory.purge.interval.requests" = "1000", Any, Medium, ReadOnly, Accepted:
        "Internal cleanup rhythm of waiting produce requests.";
    Long "queued.max.request.bytes" = "-1", Any, Medium, ReadOnly, Honoured:
        "Bytes of waiting requests allowed; -1 for no limit; otherwise at least \
         socket.request.max.bytes.";
    Int "queued.max.requests" = "500", AtLeast(1), High, ReadOnly, Accepted:
        "Requests that may wait before network threads stop reading (data plane).";
    Int "quota.window.num" = "11", AtLeast(1), Low, ReadOnly, Accepted:
        "Samples kept for client quotas.";
    Int "quota.window.size.seconds" = "1", AtLeast(1), Low, ReadOnly, Accepted:
        "Length of one client quota sample.";
    Int "remote.fetch.max.wait.ms" = "500", AtLeast(1), Medium, ClusterWide, Accepted:
        "Wait of a fetch for remote data.";
    Long "remote.list.offsets.request.timeout.ms" =
        "30000", AtLeast(1), Medium, ClusterWide, Accepted:
        "Wait of a ListOffsets that needs remote data.";
    Long "remote.log.index.file.cache.total.size.bytes" =
        "1073741824", AtLeast(1), Low, ClusterWide, Accepted:
        "Disk space for cached remote indexes.";
    Long "remote.log.index.file.cache.ttl.ms" =
        "900000", AtLeast(-1), Low, ReadOnly, Accepted internal:
        "Tiered storage: how long an unused index file stays cached.";
    Int "remote.log.manager.copier.thread.pool.size" =
        "10", AtLeast(1), Medium, ClusterWide, Accepted:
        "Upload threads; -1 means use the old pool size.";
    Long "remote.log.manager.copy.max.bytes.per.second" =
        "9223372036854775807", AtLeast(1), Medium, ClusterWide, Accepted:
        "Upload rate limit.";
    Int "remote.log.manager.copy.quota.window.num" = "11", AtLeast(1), Medium, ReadOnly, Accepted:
        "Samples for that limit.";
    Int "remote.log.manager.copy.quota.window.size.seconds" =
        "1", AtLeast(1), Medium, ReadOnly, Accepted:
        "Sample length for that limit.";
    Int "remote.log.manager.expiration.thread.pool.size" =
        "10", AtLeast(1), Medium, ClusterWide, Accepted:
        "Remote cleanup threads; -1 means use the old pool size.";
    Long "remote.log.manager.fetch.max.bytes.per.second" =
        "9223372036854775807", AtLeast(1), Medium, ClusterWide, Accepted:
        "Remote read rate limit.";
    Int "remote.log.manager.fetch.quota.window.num" = "11", AtLeast(1), Medium, ReadOnly, Accepted:
        "Samples for that limit.";
    Int "remote.log.manager.fetch.quota.window.size.seconds" =
        "1", AtLeast(1), Medium, ReadOnly, Accepted:
        "Sample length for that limit.";
    Int "remote.log.manager.follower.thread.pool.size" =
        "2", AtLeast(1), Medium, ClusterWide, Accepted:
        "Tiered storage: threads for follower work.";
    Long "remote.log.manager.task.interval.ms" = "30000", AtLeast(1), Low, ReadOnly, Accepted:
        "Interval of tiering work.";
    Long "remote.log.manager.task.retry.backoff.max.ms" =
        "30000", AtLeast(1), Low, ReadOnly, Accepted internal:
        "Longest pause after a tiering failure.";
    Long "remote.log.manager.task.retry.backoff.ms" =
        "500", AtLeast(1), Low, ReadOnly, Accepted internal:
        "First pause after a tiering failure.";
    Double "remote.log.manager.task.retry.jitter" =
        "0.2", Fraction(0.0, 0.5), Low, ReadOnly, Accepted internal:
        "Random part of those.";
    Int "remote.log.manager.thread.pool.size" = "2", AtLeast(1), Medium, ReadOnly, Accepted:
        "Tiering threads (old single pool).";
    Int "remote.log.metadata.custom.metadata.max.bytes" =
        "128", AtLeast(0), Low, ReadOnly, Accepted:
        "Largest custom metadata per segment.";
    String "remote.log.metadata.manager.class.name" =
        "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager",
        NonEmptyString, Medium, ReadOnly, Accepted:
        "Remote metadata plug-in class.";
    String "remote.log.metadata.manager.class.path" = null, Any, Medium, ReadOnly, Accepted:
        "Its class path.";
    String "remote.log.metadata.manager.impl.prefix" =
        "rlmm.config.", NonEmptyString, Medium, ReadOnly, Accepted:
        "Prefix of its settings.";
    String "remote.log.metadata.manager.listener.name" =
        null, NonEmptyString, Medium, ReadOnly, Accepted:
        "Listener it connects through.";
    Int "remote.log.reader.max.pending.tasks" = "100", AtLeast(1), Medium, ReadOnly, Accepted:
        "Queue length of remote reads.";
    Int "remote.log.reader.threads" = "10", AtLeast(1), Medium, ClusterWide, Accepted:
        "Remote read threads.";
    String "remote.log.storage.manager.class.name" =
        null, NonEmptyString, Medium, ReadOnly, Accepted:
        "Tiered storage plug-in class.";
    String "remote.log.storage.manager.class.path" = null, Any, Medium, ReadOnly, Accepted:
        "Its class path.";
    String "remote.log.storage.manager.impl.prefix" =
        "rsm.config.", NonEmptyString, Medium, ReadOnly, Accepted:
        "Prefix of its settings.";
    Boolean "remote.log.storage.system.enable" = "false", Any, Medium, ReadOnly, Accepted:
        "Tiered storage master switch; with false, topics may not set remote.storage.enable=true.";
    Int "replica.fetch.backoff.ms" = "1000", AtLeast(0), Medium, ReadOnly, Accepted:
        "Pause after a fetch error.";
    Int "replica.fetch.max.bytes" = "1048576", AtLeast(0), Medium, ReadOnly, Accepted:
        "Bytes per partition a follower asks for; a bigger first batch is still returned.";
    Int "replica.fetch.min.bytes" = "1", Any, High, ReadOnly, Accepted:
        "Bytes a follower waits for.";
    Int "replica.fetch.response.max.bytes" = "10485760", AtLeast(0), Medium, ReadOnly, Accepted:
        "Bytes a follower wants in one whole response.";
    Int "replica.fetch.wait.max.ms" = "500", Any, High, ReadOnly, Accepted:
        "How long a follower fetch may wait; at most replica.lag.time.max.ms.";
    Long "replica.high.watermark.checkpoint.interval.ms" = "5000", Any, High, ReadOnly, Accepted:
        "How often high watermarks go to replication-offset-checkpoint.";
    Long "replica.lag.time.max.ms" = "30000", Any, High, ReadOnly, Accepted:
        "A follower that has not caught up for this long leaves the ISR.";
    String "replica.selector.class" = null, Any, Medium, ReadOnly, Accepted:
        "Class choosing the replica a consumer should read from; unset means the leader.";
    Int "replica.socket.receive.buffer.bytes" = "65536", Any, High, ReadOnly, Accepted:
        "Receive buffer of follower fetch sockets.";
    Int "replica.socket.timeout.ms" = "30000", Any, High, ReadOnly, Accepted:
        "Network time limit of follower fetches; at least replica.fetch.wait.max.ms.";
    Int "replication.quota.window.num" = "11", AtLeast(1), Low, ReadOnly, Accepted:
        "Samples kept for replication quotas.";
    Int "replication.quota.window.size.seconds" = "1", AtLeast(1), Low, ReadOnly, Accepted:
        "Length of one such sample.";
    Int "request.timeout.ms" = "30000", Any, High, ReadOnly, Accepted:
        "Time limit of requests that the broker itself sends.";
    Class "sasl.client.callback.handler.class" = null, Any, Medium, ReadOnly, Accepted:
        "Client-side callback class.";
    List "sasl.enabled.mechanisms" = "GSSAPI", Any, Medium, PerBroker, Accepted:
        "Mechanisms offered: GSSAPI, PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER.";
    Password "sasl.jaas.config" = null, Any, Medium, PerBroker, Accepted:
        "JAAS login text; on a broker written as listener.name.NAME.MECH.sasl.jaas.config. PLAIN \
         user lists (user_alice=\"secret\") live here.";
    String "sasl.kerberos.kinit.cmd" = "/usr/bin/kinit", Any, Medium, PerBroker, Accepted:
        "kinit path.";
    Long "sasl.kerberos.min.time.before.relogin" = "60000", Any, Medium, PerBroker, Accepted:
        "Shortest time between ticket refreshes.";
    List "sasl.kerberos.principal.to.local.rules" = "DEFAULT", Any, Medium, PerBroker, Accepted:
        "Rules for short names of Kerberos principals.";
    String "sasl.kerberos.service.name" = null, Any, Medium, PerBroker, Accepted:
        "Kerberos service name.";
    Double "sasl.kerberos.ticket.renew.jitter" = "0.05", Any, Medium, PerBroker, Accepted:
        "Random part of the ticket renewal time.";
    Double "sasl.kerberos.ticket.renew.window.factor" = "0.8", Any, Medium, PerBroker, Accepted:
        "Share of the ticket lifetime after which it is renewed.";
    Class "sasl.login.callback.handler.class" = null, Any, Medium, ReadOnly, Accepted:
        "Login callback class.";
    Class "sasl.login.class" = null, Any, Medium, ReadOnly, Accepted:
        "Login class.";
    Int "sasl.login.connect.timeout.ms" = null, Any, Low, ReadOnly, Accepted:
        "Connect limit to the OAuth provider.";
    Int "sasl.login.read.timeout.ms" = null, Any, Low, ReadOnly, Accepted:
        "Read limit to the OAuth provider.";
    Short "sasl.login.refresh.buffer.seconds" = "300", Any, Medium, PerBroker, Accepted:
        "Seconds before expiry kept free when refreshing a login.";
    Short "sasl.login.refresh.min.period.seconds" = "60", Any, Medium, PerBroker, Accepted:
        "Shortest time between login refreshes.";
    Double "sasl.login.refresh.window.factor" = "0.8", Any, Medium, PerBroker, Accepted:
        "Share of the login lifetime after which it is refreshed.";
    Double "sasl.login.refresh.window.jitter" = "0.05", Any, Medium, PerBroker, Accepted:
        "Random part of that.";
    Long "sasl.login.retry.backoff.max.ms" = "10000", Any, Low, ReadOnly, Accepted:
        "Longest pause between login attempts.";
    Long "sasl.login.retry.backoff.ms" = "100", Any, Low, ReadOnly, Accepted:
        "First pause between login attempts.";
    String "sasl.mechanism.controller.protocol" = "GSSAPI", Any, High, ReadOnly, Accepted:
        "SASL mechanism for traffic to controllers.";
    String "sasl.mechanism.inter.broker.protocol" = "GSSAPI", Any, Medium, PerBroker, Accepted:
        "Mechanism brokers use among themselves.";
    String "sasl.oauthbearer.assertion.algorithm" =
        "RS256", OneOfIgnoringCase(&["ES256", "RS256"]), Medium, ReadOnly, Accepted:
        "Signature algorithm of the client assertion.";
    String "sasl.oauthbearer.assertion.claim.aud" = null, Any, Medium, ReadOnly, Accepted:
        "aud claim of the client assertion.";
    Int "sasl.oauthbearer.assertion.claim.exp.seconds" =
        "300", Between(0, 86_400), Low, ReadOnly, Accepted:
        "Its validity in seconds from now.";
    String "sasl.oauthbearer.assertion.claim.iss" = null, Any, Medium, ReadOnly, Accepted:
        "Its iss claim.";
    Boolean "sasl.oauthbearer.assertion.claim.jti.include" =
        "false", Any, Medium, ReadOnly, Accepted:
        "Whether it carries a random jti claim.";
    Int "sasl.oauthbearer.assertion.claim.nbf.seconds" =
        "60", Between(0, 3_600), Low, ReadOnly, Accepted:
        "How far back its nbf claim lies.";
    String "sasl.oauthbearer.assertion.claim.sub" = null, Any, Medium, ReadOnly, Accepted:
        "Its sub claim.";
    String "sasl.oauthbearer.assertion.file" = null, Any, Medium, ReadOnly, Accepted:
        "File with a ready-made assertion.";
    String "sasl.oauthbearer.assertion.private.key.file" = null, Any, Medium, ReadOnly, Accepted:
        "PEM key that signs the assertion.";
    Password "sasl.oauthbearer.assertion.private.key.passphrase" =
        null, Any, Medium, ReadOnly, Accepted:
        "Passphrase of that key.";
    String "sasl.oauthbearer.assertion.template.file" = null, Any, Medium, ReadOnly, Accepted:
        "JSON with headers and claims of the assertion.";
    String "sasl.oauthbearer.client.credentials.client.id" = null, Any, Medium, ReadOnly, Accepted:
        "OAuth client id.";
    Password "sasl.oauthbearer.client.credentials.client.secret" =
        null, Any, Medium, ReadOnly, Accepted:
        "OAuth client secret.";
    Int "sasl.oauthbearer.clock.skew.seconds" = "30", Any, Low, ReadOnly, Accepted:
        "Allowed clock difference for tokens.";
    List "sasl.oauthbearer.expected.audience" = "", Any, High, ReadOnly, Accepted:
        "Accepted token audiences.";
    String "sasl.oauthbearer.expected.issuer" = null, Any, High, ReadOnly, Accepted:
        "Accepted token issuer.";
    Long "sasl.oauthbearer.jwks.endpoint.refresh.ms" = "3600000", Any, Low, ReadOnly, Accepted:
        "Key set refresh interval.";
    Long "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms" =
        "10000", Any, Low, ReadOnly, Accepted:
        "Longest such pause.";
    Long "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms" = "100", Any, Low, ReadOnly, Accepted:
        "First pause after a failed key set fetch.";
    String "sasl.oauthbearer.jwks.endpoint.url" = null, Any, Medium, ReadOnly, Accepted:
        "Where the key set is.";
    Class "sasl.oauthbearer.jwt.retriever.class" =
        "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever",
        Any, Medium, ReadOnly, Accepted:
        "Class that obtains the token.";
    Class "sasl.oauthbearer.jwt.validator.class" =
        "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator",
        Any, Medium, ReadOnly, Accepted:
        "Class that checks the token.";
    String "sasl.oauthbearer.scope" = null, Any, Medium, ReadOnly, Accepted:
        "OAuth scope asked for.";
    String "sasl.oauthbearer.scope.claim.name" = "scope", Any, Low, ReadOnly, Accepted:
        "Claim holding the scope.";
    String "sasl.oauthbearer.sub.claim.name" = "sub", Any, Low, ReadOnly, Accepted:
        "Claim holding the subject.";
    String "sasl.oauthbearer.token.endpoint.url" = null, Any, Medium, ReadOnly, Accepted:
        "Where tokens come from.";
    Class "sasl.server.callback.handler.class" = null, Any, Medium, ReadOnly, Accepted:
        "Server-side callback class.";
    Int "sasl.server.max.receive.size" = "524288", Any, Medium, ReadOnly, Accepted:
        "Largest SASL handshake / token frame.";
    String "security.inter.broker.protocol" =
        "PLAINTEXT", OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]),
        Medium, ReadOnly, Accepted:
        "Security protocol for broker-to-broker traffic when no listener name is given.";
    String "security.providers" = null, Any, Low, ReadOnly, Accepted:
        "JVM security provider creator classes.";
    Long "server.max.startup.time.ms" =
        "9223372036854775807", AtLeast(0), Medium, ReadOnly, Accepted internal:
        "Time limit for the whole startup.";
    Int "share.coordinator.append.linger.ms" = "-1", AtLeast(-1), Medium, ReadOnly, Accepted:
        "How long share coordinator writes are gathered.";
    Int "share.coordinator.cached.buffer.max.bytes" =
        "1048588", AtLeast(524_288), Medium, ClusterWide, Accepted:
        "Largest write buffer the share coordinator keeps for reuse.";
    Int "share.coordinator.cold.partition.snapshot.interval.ms" =
        "300000", AtLeast(1), Low, ReadOnly, Accepted internal:
        "Share state of quiet partitions is snapshotted this often.";
    Int "share.coordinator.load.buffer.size" = "5242880", AtLeast(1), High, ReadOnly, Accepted:
        "Read size when loading share state.";
    Int "share.coordinator.snapshot.update.records.per.snapshot" =
        "500", Between(0, 500), Medium, ReadOnly, Accepted:
        "Update records written between two snapshots.";
    Int "share.coordinator.state.topic.compression.codec" = "0", Any, High, ReadOnly, Accepted:
        "Codec id of __share_group_state records.";
    Short "share.coordinator.state.topic.min.isr" = "2", AtLeast(1), High, ReadOnly, Accepted:
        "min.insync.replicas of __share_group_state.";
    Int "share.coordinator.state.topic.num.partitions" = "50", AtLeast(1), High, ReadOnly, Honoured:
        "Partitions of __share_group_state.";
    Int "share.coordinator.state.topic.prune.interval.ms" =
        "300000", AtLeast(1), Low, ReadOnly, Accepted internal:
        "Rhythm of pruning __share_group_state.";
    Short "share.coordinator.state.topic.replication.factor" =
        "3", AtLeast(1), High, ReadOnly, Accepted:
        "Replication factor of __share_group_state.";
    Int "share.coordinator.state.topic.segment.bytes" =
        "104857600", AtLeast(1), High, ReadOnly, Honoured:
        "Segment size of __share_group_state.";
    Int "share.coordinator.threads" = "1", AtLeast(1), Medium, ReadOnly, Accepted:
        "Threads of the share coordinator.";
    Int "share.coordinator.write.timeout.ms" = "5000", AtLeast(1), High, ReadOnly, Accepted:
        "Time limit for replicating share coordinator writes.";
    Int "share.fetch.purgatory.purge.interval.requests" = "1000", Any, Medium, ReadOnly, Accepted:
        "Internal cleanup rhythm of waiting share fetches.";
    Long "socket.connection.setup.timeout.max.ms" = "30000", Any, Medium, ReadOnly, Accepted:
        "Upper limit to which that grows with repeated failures.";
    Long "socket.connection.setup.timeout.ms" = "10000", Any, Medium, ReadOnly, Accepted:
        "First time limit for outgoing connection setup.";
    Int "socket.listen.backlog.size" = "50", AtLeast(1), Medium, ReadOnly, Accepted:
        "listen(2) backlog.";
    Int "socket.receive.buffer.bytes" = "102400", Any, High, ReadOnly, Accepted:
        "SO_RCVBUF of server sockets; -1 leaves the OS default.";
    Int "socket.request.max.bytes" = "104857600", AtLeast(1), High, ReadOnly, Honoured:
        "Largest request frame accepted; a bigger size prefix closes the connection.";
    Int "socket.send.buffer.bytes" = "102400", Any, High, ReadOnly, Accepted:
        "SO_SNDBUF of server sockets; -1 leaves the OS default.";
    Boolean "ssl.allow.dn.changes" = "false", Any, Low, ReadOnly, Accepted:
        "Allows the distinguished name to change when a key store is replaced at run time.";
    Boolean "ssl.allow.san.changes" = "false", Any, Low, ReadOnly, Accepted:
        "Allows the alternative names to change when a key store is replaced at run time.";
    List "ssl.cipher.suites" = "", Any, Medium, PerBroker, Accepted:
        "Cipher suites allowed; empty means all.";
    String "ssl.client.auth" =
        "none", OneOf(&["required", "requested", "none"]), Medium, PerBroker, Accepted:
        "none, requested or required client certificates.";
    List "ssl.enabled.protocols" = "TLSv1.2,TLSv1.3", Any, Medium, PerBroker, Accepted:
        "TLS versions allowed.";
    String "ssl.endpoint.identification.algorithm" = "https", Any, Low, PerBroker, Accepted:
        "https checks host names, empty string switches the check off.";
    Class "ssl.engine.factory.class" = null, Any, Low, PerBroker, Accepted:
        "Plug-in creating TLS engines.";
    Password "ssl.key.password" = null, Any, Medium, PerBroker, Accepted:
        "Password of the private key.";
    String "ssl.keymanager.algorithm" = "SunX509", Any, Medium, PerBroker, Accepted:
        "JVM key manager algorithm.";
    Password "ssl.keystore.certificate.chain" = null, Any, Medium, PerBroker, Accepted:
        "Certificate chain in PEM text.";
    Password "ssl.keystore.key" = null, Any, Medium, PerBroker, Accepted:
        "Private key in PEM text.";
    String "ssl.keystore.location" = null, Any, Medium, PerBroker, Accepted:
        "Key store file with the server certificate.";
    Password "ssl.keystore.password" = null, Any, Medium, PerBroker, Accepted:
        "Password of the key store.";
    String "ssl.keystore.type" = "JKS", Any, Medium, PerBroker, Accepted:
        "JKS, PKCS12 or PEM.";
    String "ssl.principal.mapping.rules" = "DEFAULT", Any, Low, ReadOnly, Accepted:
        "Rules mapping a certificate subject to a short principal name.";
    String "ssl.protocol" = "TLSv1.3", Any, Medium, PerBroker, Accepted:
        "TLS version used to create contexts.";
    String "ssl.provider" = null, Any, Medium, PerBroker, Accepted:
        "JVM security provider for TLS.";
    String "ssl.secure.random.implementation" = null, Any, Low, PerBroker, Accepted:
        "JVM random generator for TLS.";
    String "ssl.trustmanager.algorithm" = "PKIX", Any, Medium, PerBroker, Accepted:
        "JVM trust manager algorithm.";
    Password "ssl.truststore.certificates" = null, Any, Medium, PerBroker, Accepted:
        "Trusted certificates in PEM text.";
    String "ssl.truststore.location" = null, Any, Medium, PerBroker, Accepted:
        "Trust store file.";
    Password "ssl.truststore.password" = null, Any, Medium, PerBroker, Accepted:
        "Password of the trust store.";
    String "ssl.truststore.type" = "JKS", Any, Medium, PerBroker, Accepted:
        "JKS, PKCS12 or PEM.";
    Int "telemetry.max.bytes" = "1048576", AtLeast(1), Low, ReadOnly, Accepted:
        "Largest client telemetry push.";
    Int "transaction.abort.timed.out.transaction.cleanup.interval.ms" =
        "10000", AtLeast(1), Low, ReadOnly, Accepted:
        "How often timed-out transactions are looked for and aborted.";
    Int "transaction.max.timeout.ms" = "900000", AtLeast(1), High, ReadOnly, Accepted:
        "Largest transaction timeout a producer may ask for; above: INVALID_TRANSACTION_TIMEOUT.";
    Boolean "transaction.partition.verification.enable" = "true", Any, Low, ClusterWide, Accepted:
        "Verifies on append that the partition was added to the transaction.";
    Int "transaction.remove.expired.transaction.cleanup.interval.ms" =
        "3600000", AtLeast(1), Low, ReadOnly, Accepted:
        "How often expired transactional ids are removed.";
    Int "transaction.state.log.load.buffer.size" = "5242880", AtLeast(1), High, ReadOnly, Accepted:
        "Read size when loading transaction state.";
    Int "transaction.state.log.min.isr" = "2", AtLeast(1), High, ReadOnly, Accepted:
        "min.insync.replicas of __transaction_state.";
    Int "transaction.state.log.num.partitions" = "50", AtLeast(1), High, ReadOnly, Honoured:
        "Partitions of __transaction_state.";
    Short "transaction.state.log.replication.factor" = "3", AtLeast(1), High, ReadOnly, Accepted:
        "Replication factor of __transaction_state.";
    Int "transaction.state.log.segment.bytes" = "104857600", AtLeast(1), High, ReadOnly, Honoured:
        "Segment size of __transaction_state.";
    Boolean "transaction.two.phase.commit.enable" = "false", Any, Low, ReadOnly, Accepted:
        "Allows transactions prepared by an external coordinator (KIP-939).";
    Int "transactional.id.expiration.ms" = "604800000", AtLeast(1), High, ReadOnly, Accepted:
        "Idle transactional ids are forgotten after this long.";
    Boolean "unclean.leader.election.enable" = "false", Any, High, ClusterWide, Accepted:
        "Allows a replica outside the ISR to become leader, losing data. Server default of the \
         topic config of the same name.";
    Long "unclean.leader.election.interval.ms" =
        "300000", AtLeast(1), Medium, ReadOnly, Accepted internal:
        "How often the controller looks for partitions needing unclean election.";
    Boolean "unstable.api.versions.enable" = "false", Any, High, ReadOnly, Accepted internal:
        "Offers API versions still in development.";
    Boolean "unstable.feature.versions.enable" = "false", Any, High, ReadOnly, Accepted internal:
        "Allows feature levels still in development.";
    }
}
