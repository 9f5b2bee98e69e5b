//! The keys of a producer, with the sentences that Kafka refuses bad values in.

use super::def::ValidValues::{
    Any, AtLeast, Between, BetweenOr, Fraction, NonEmptyString, OneOf, OneOfIgnoringCase,
};
use super::def::{ConfigDef, config_table, find};

/// Returns the row of a producer key.
#[must_use]
pub fn producer_def(key: &str) -> Option<&'static ConfigDef> {
    find(PRODUCER_KEYS, key)
}

config_table! {
    /// The keys of a producer.
    pub static PRODUCER_KEYS = {
    String "acks" = "all", OneOf(&["all", "-1", "0", "1"]), Low, ReadOnly, Honoured:
        "How many copies the leader waits for: 0 none, 1 its own, all the replicas in sync.";
    Int "batch.size" = "16384", AtLeast(0), Medium, ReadOnly, Honoured:
        "Bytes gathered for one partition before a batch is sent.";
    List "bootstrap.servers" = required, Any, High, ReadOnly, Honoured:
        "Brokers to contact first, as host:port between commas.";
    Long "buffer.memory" = "33554432", AtLeast(0), High, ReadOnly, Honoured:
        "Bytes of records that may wait to be sent.";
    String "client.dns.lookup" =
        "use_all_dns_ips", OneOf(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]),
        Medium, ReadOnly, Accepted:
        "Whether all addresses of a host name are tried.";
    String "client.id" = "", Any, Medium, ReadOnly, Honoured:
        "Name of this client in the broker's logs and quotas.";
    Int "compression.gzip.level" = "-1", BetweenOr(1, 9, -1), Medium, ReadOnly, Honoured:
        "Level of gzip.";
    Int "compression.lz4.level" = "9", Between(1, 17), Medium, ReadOnly, Honoured:
        "Level of lz4.";
    String "compression.type" =
        "none", OneOf(&["none", "gzip", "snappy", "lz4", "zstd"]), High, ReadOnly, Honoured:
        "Codec that batches are compressed with.";
    Int "compression.zstd.level" = "3", Between(-131_072, 22), Medium, ReadOnly, Honoured:
        "Level of zstd.";
    List "config.providers" = "", Any, Low, ReadOnly, Accepted:
        "Aliases of classes that resolve ${alias:path:key} in values.";
    Long "connections.max.idle.ms" = "540000", Any, Medium, ReadOnly, Accepted:
        "Idle connections are closed after this long.";
    Int "delivery.timeout.ms" = "120000", AtLeast(0), Medium, ReadOnly, Honoured:
        "Time limit of a record from send to success or failure.";
    Boolean "enable.idempotence" = "true", Any, Low, ReadOnly, Honoured:
        "Whether each record is written exactly once, in order.";
    Boolean "enable.metrics.push" = "true", Any, Low, ReadOnly, Accepted:
        "Whether metrics go to brokers that ask for them.";
    List "interceptor.classes" = "", Any, Low, ReadOnly, Accepted:
        "Plug-in classes that see records; kt loads no Java classes.";
    Class "key.serializer" = required, Any, High, ReadOnly, Accepted:
        "Class that turns keys into bytes.";
    Long "linger.ms" = "5", AtLeast(0), Medium, ReadOnly, Honoured:
        "How long a batch waits for more records.";
    Long "max.block.ms" = "60000", AtLeast(0), Medium, ReadOnly, Honoured:
        "Time limit of waiting for metadata or buffer space.";
    Int "max.in.flight.requests.per.connection" = "5", AtLeast(1), Low, ReadOnly, Honoured:
        "Requests sent to one broker before an answer is there.";
    Int "max.request.size" = "1048576", AtLeast(0), Medium, ReadOnly, Honoured:
        "Bytes of one request, and of one record.";
    Long "metadata.max.age.ms" = "300000", AtLeast(0), Low, ReadOnly, Honoured:
        "Metadata older than this is fetched anew.";
    Long "metadata.max.idle.ms" = "300000", AtLeast(5_000), Low, ReadOnly, Accepted:
        "Metadata of a topic that is not used is forgotten after this long.";
    Long "metadata.recovery.rebootstrap.trigger.ms" = "300000", AtLeast(0), Low, ReadOnly, Accepted:
        "How long without metadata before the first addresses are tried again.";
    String "metadata.recovery.strategy" =
        "rebootstrap", OneOfIgnoringCase(&["REBOOTSTRAP", "NONE"]), Low, ReadOnly, Accepted:
        "Whether the first addresses are tried again when no known broker answers.";
    List "metric.reporters" =
        "org.apache.kafka.common.metrics.JmxReporter", Any, Low, ReadOnly, Accepted:
        "Plug-in classes that report metrics.";
    Int "metrics.num.samples" = "2", AtLeast(1), Low, ReadOnly, Accepted:
        "Samples per metric.";
    String "metrics.recording.level" =
        "INFO", OneOf(&["INFO", "DEBUG", "TRACE"]), Low, ReadOnly, Accepted:
        "INFO, DEBUG or TRACE.";
    Long "metrics.sample.window.ms" = "30000", AtLeast(0), Low, ReadOnly, Accepted:
        "Length of one sample.";
    Boolean "partitioner.adaptive.partitioning.enable" = "true", Any, Low, ReadOnly, Accepted:
        "Whether faster brokers get more of the records without key.";
    Long "partitioner.availability.timeout.ms" = "0", AtLeast(0), Low, ReadOnly, Accepted:
        "How long a broker may lag before its partitions are passed over; 0 for never.";
    Class "partitioner.class" = null, Any, Medium, ReadOnly, Accepted:
        "Plug-in class that chooses partitions.";
    Boolean "partitioner.ignore.keys" = "false", Any, Medium, ReadOnly, Accepted:
        "Whether keys are ignored when a partition is chosen.";
    Int "receive.buffer.bytes" = "32768", AtLeast(-1), Medium, ReadOnly, Accepted:
        "SO_RCVBUF of sockets; -1 leaves the system's default.";
    Long "reconnect.backoff.max.ms" = "1000", AtLeast(0), Low, ReadOnly, Honoured:
        "Longest pause between attempts to reach a broker.";
    Long "reconnect.backoff.ms" = "50", AtLeast(0), Low, ReadOnly, Honoured:
        "First pause between attempts to reach a broker.";
    Int "request.timeout.ms" = "30000", AtLeast(0), Medium, ReadOnly, Honoured:
        "Time limit of one request.";
    Int "retries" = "2147483647", Between(0, 2_147_483_647), High, ReadOnly, Honoured:
        "How often a failed request is repeated.";
    Long "retry.backoff.max.ms" = "1000", AtLeast(0), Low, ReadOnly, Honoured:
        "Longest pause before a repetition.";
    Long "retry.backoff.ms" = "100", AtLeast(0), Low, ReadOnly, Honoured:
        "First pause before a repetition.";
    Class "sasl.client.callback.handler.class" = null, Any, Medium, ReadOnly, Accepted:
        "Client-side callback class.";
    Password "sasl.jaas.config" = null, Any, Medium, ReadOnly, Accepted:
        "JAAS login text with user and password.";
    String "sasl.kerberos.kinit.cmd" = "/usr/bin/kinit", Any, Low, ReadOnly, Accepted:
        "kinit path.";
    Long "sasl.kerberos.min.time.before.relogin" = "60000", Any, Low, ReadOnly, Accepted:
        "Shortest time between ticket refreshes.";
    String "sasl.kerberos.service.name" = null, Any, Medium, ReadOnly, Accepted:
        "Kerberos service name.";
    Double "sasl.kerberos.ticket.renew.jitter" = "0.05", Any, Low, ReadOnly, Accepted:
        "Random part of the ticket renewal time.";
    Double "sasl.kerberos.ticket.renew.window.factor" = "0.8", Any, Low, ReadOnly, Accepted:
        "Share of the ticket lifetime after which it is renewed.";
    Class "sasl.login.callback.handler.class" = null, Any, Medium, ReadOnly, Accepted:
        "Login callback class.";
    Class "sasl.login.class" = null, Any, Medium, ReadOnly, Accepted:
        "Login class.";
    Int "sasl.login.connect.timeout.ms" = null, Any, Low, ReadOnly, Accepted:
        "Connect limit to the OAuth provider.";
    Int "sasl.login.read.timeout.ms" = null, Any, Low, ReadOnly, Accepted:
        "Read limit to the OAuth provider.";
    Short "sasl.login.refresh.buffer.seconds" = "300", Between(0, 3_600), Low, ReadOnly, Accepted:
        "Seconds before expiry kept free when refreshing a login.";
    Short "sasl.login.refresh.min.period.seconds" = "60", Between(0, 900), Low, ReadOnly, Accepted:
        "Shortest time between login refreshes.";
    Double "sasl.login.refresh.window.factor" = "0.8", Fraction(0.5, 1.0), Low, ReadOnly, Accepted:
        "Share of the login lifetime after which it is refreshed.";
    Double "sasl.login.refresh.window.jitter" =
        "0.05", Fraction(0.0, 0.25), Low, ReadOnly, Accepted:
        "Random part of that.";
    Long "sasl.login.retry.backoff.max.ms" = "10000", Any, Low, ReadOnly, Accepted:
        "Longest pause between login attempts.";
    Long "sasl.login.retry.backoff.ms" = "100", Any, Low, ReadOnly, Accepted:
        "First pause between login attempts.";
    String "sasl.mechanism" = "GSSAPI", Any, Medium, ReadOnly, Accepted:
        "SASL mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI, OAUTHBEARER.";
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
    Boolean "sasl.oauthbearer.header.urlencode" = "false", Any, Low, ReadOnly, Accepted:
        "Whether client id and secret are url-encoded in the authorization header.";
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
    String "security.protocol" =
        "PLAINTEXT", OneOfIgnoringCase(&["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"]),
        Medium, ReadOnly, Honoured:
        "Protocol towards brokers.";
    String "security.providers" = null, Any, Low, ReadOnly, Accepted:
        "JVM security provider creator classes.";
    Int "send.buffer.bytes" = "131072", AtLeast(-1), Medium, ReadOnly, Accepted:
        "SO_SNDBUF of sockets; -1 leaves the system's default.";
    Long "socket.connection.setup.timeout.max.ms" = "30000", Any, Medium, ReadOnly, Accepted:
        "Upper limit to which that grows with repeated failures.";
    Long "socket.connection.setup.timeout.ms" = "10000", Any, Medium, ReadOnly, Accepted:
        "First time limit for outgoing connection setup.";
    List "ssl.cipher.suites" = "", Any, Low, ReadOnly, Accepted:
        "Cipher suites allowed; empty means all.";
    List "ssl.enabled.protocols" = "TLSv1.2,TLSv1.3", Any, Medium, ReadOnly, Accepted:
        "TLS versions allowed.";
    String "ssl.endpoint.identification.algorithm" = "https", Any, Low, ReadOnly, Accepted:
        "https checks host names, empty string switches the check off.";
    Class "ssl.engine.factory.class" = null, Any, Low, ReadOnly, Accepted:
        "Plug-in creating TLS engines.";
    Password "ssl.key.password" = null, Any, High, ReadOnly, Accepted:
        "Password of the private key.";
    String "ssl.keymanager.algorithm" = "SunX509", Any, Low, ReadOnly, Accepted:
        "JVM key manager algorithm.";
    Password "ssl.keystore.certificate.chain" = null, Any, High, ReadOnly, Accepted:
        "Certificate chain in PEM text.";
    Password "ssl.keystore.key" = null, Any, High, ReadOnly, Accepted:
        "Private key in PEM text.";
    String "ssl.keystore.location" = null, Any, High, ReadOnly, Accepted:
        "Key store file with this side's certificate.";
    Password "ssl.keystore.password" = null, Any, High, ReadOnly, Accepted:
        "Password of the key store.";
    String "ssl.keystore.type" = "JKS", Any, Medium, ReadOnly, Accepted:
        "JKS, PKCS12 or PEM.";
    String "ssl.protocol" = "TLSv1.3", Any, Medium, ReadOnly, Accepted:
        "TLS version used to create contexts.";
    String "ssl.provider" = null, Any, Medium, ReadOnly, Accepted:
        "JVM security provider for TLS.";
    String "ssl.secure.random.implementation" = null, Any, Low, ReadOnly, Accepted:
        "JVM random generator for TLS.";
    String "ssl.trustmanager.algorithm" = "PKIX", Any, Low, ReadOnly, Accepted:
        "JVM trust manager algorithm.";
    Password "ssl.truststore.certificates" = null, Any, High, ReadOnly, Accepted:
        "Trusted certificates in PEM text.";
    String "ssl.truststore.location" = null, Any, High, ReadOnly, Accepted:
        "Trust store file.";
    Password "ssl.truststore.password" = null, Any, High, ReadOnly, Accepted:
        "Password of the trust store.";
    String "ssl.truststore.type" = "JKS", Any, Medium, ReadOnly, Accepted:
        "JKS, PKCS12 or PEM.";
    Int "transaction.timeout.ms" = "60000", Any, Low, ReadOnly, Honoured:
        "Time limit of a transaction.";
    Boolean "transaction.two.phase.commit.enable" = "false", Any, Low, ReadOnly, Accepted:
        "Allows transactions prepared by an external coordinator (KIP-939).";
    String "transactional.id" = null, NonEmptyString, Low, ReadOnly, Honoured:
        "Name under which transactions outlive a restart.";
    Class "value.serializer" = required, Any, High, ReadOnly, Accepted:
        "Class that turns values into bytes.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::parse;

    #[test]
    fn the_table_is_sorted_and_its_defaults_are_valid() {
        assert!(PRODUCER_KEYS.is_sorted_by_key(|row| row.key));
        for row in PRODUCER_KEYS {
            if let Some(text) = row.default_text() {
                parse(row, text).unwrap();
            }
        }
    }
}
