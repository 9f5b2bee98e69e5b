//! The keys of an admin client, with the sentences that Kafka refuses bad values in.

use super::def::ValidValues::{Any, AtLeast, Between, Fraction, OneOf, OneOfIgnoringCase};
use super::def::{ConfigDef, config_table, find};

/// Returns the row of an admin key.
#[must_use]
pub fn admin_def(key: &str) -> Option<&'static ConfigDef> {
    find(ADMIN_KEYS, key)
}

config_table! {
    /// The keys of an admin client.
    pub static ADMIN_KEYS = {
    List "bootstrap.controllers" = "", Any, High, ReadOnly, Accepted:
        "Controllers to contact first, in place of bootstrap.servers.";
    List "bootstrap.servers" = "", Any, High, ReadOnly, Honoured:
        "Brokers to contact first, as host:port between commas.";
    String "client.dns.lookup" =
        "use_all_dns_ips", OneOf(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]),
        Medium, ReadOnly, Accepted:
        "Whether all addresses of a host name are tried.";
    String "client.id" = "", Any, Medium, ReadOnly, Honoured:
        "Name of this client in the broker's logs and quotas.";
    List "config.providers" = "", Any, Low, ReadOnly, Accepted:
        "Aliases of classes that resolve ${alias:path:key} in values.";
    Long "connections.max.idle.ms" = "300000", Any, Medium, ReadOnly, Accepted:
        "Idle connections are closed after this long.";
    Int "default.api.timeout.ms" = "60000", AtLeast(0), Medium, ReadOnly, Honoured:
        "Time limit of a call as a whole, retries included.";
    Boolean "enable.metrics.push" = "false", Any, Low, ReadOnly, Accepted:
        "Whether metrics go to brokers that ask for them.";
    Long "metadata.max.age.ms" = "300000", AtLeast(0), Low, ReadOnly, Honoured:
        "Metadata older than this is fetched anew.";
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
    Int "receive.buffer.bytes" = "65536", AtLeast(-1), Medium, ReadOnly, Accepted:
        "SO_RCVBUF of sockets; -1 leaves the system's default.";
    Long "reconnect.backoff.max.ms" = "1000", AtLeast(0), Low, ReadOnly, Honoured:
        "Longest pause between attempts to reach a broker.";
    Long "reconnect.backoff.ms" = "50", AtLeast(0), Low, ReadOnly, Honoured:
        "First pause between attempts to reach a broker.";
    Int "request.timeout.ms" = "30000", AtLeast(0), Medium, ReadOnly, Honoured:
        "Time limit of one request.";
    Int "retries" = "2147483647", Between(0, 2_147_483_647), Low, ReadOnly, Honoured:
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::parse;

    #[test]
    fn the_table_is_sorted_and_its_defaults_are_valid() {
        assert!(ADMIN_KEYS.is_sorted_by_key(|row| row.key));
        for row in ADMIN_KEYS {
            if let Some(text) = row.default_text() {
                parse(row, text).unwrap();
            }
        }
    }
}
