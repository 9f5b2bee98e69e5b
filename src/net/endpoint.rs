//! A listener's address as Kafka's configuration writes it: `NAME://host:port`.
//!
//! An empty host means all interfaces. The name is looked up in
//! `listener.security.protocol.map`; here it is only kept.

use std::fmt;
use std::str::FromStr;

/// What protects the connections of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityProtocol {
    /// Nothing.
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL without TLS.
    SaslPlaintext,
    /// SASL inside TLS.
    SaslSsl,
}

impl FromStr for SecurityProtocol {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_uppercase().as_str() {
            "PLAINTEXT" => Ok(Self::Plaintext),
            "SSL" => Ok(Self::Ssl),
            "SASL_PLAINTEXT" => Ok(Self::SaslPlaintext),
            "SASL_SSL" => Ok(Self::SaslSsl),
            _ => Err(EndpointError::Protocol {
                name: text.to_owned(),
            }),
        }
    }
}

/// A named listener's host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The listener's name, in capitals, such as `PLAINTEXT`.
    pub listener: String,
    /// The host; empty for all interfaces.
    pub host: String,
    /// The port; 0 for any that is free.
    pub port: u16,
}

/// A listener's address that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not of the form `NAME://host:port`.
    #[error("Unable to parse {text} to a broker endpoint")]
    Form {
        /// The text in question.
        text: String,
    },
    /// No security protocol of that name.
    #[error("No enum constant org.apache.kafka.common.security.auth.SecurityProtocol.{name}")]
    Protocol {
        /// The name in question.
        name: String,
    },
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || EndpointError::Form {
            text: text.to_owned(),
        };
        let (listener, address) = text.trim().split_once("://").ok_or_else(error)?;
        let (host, port) = address.rsplit_once(':').ok_or_else(error)?;
        let host = host
            .strip_prefix('[')
            .and_then(|h| h.strip_suffix(']'))
            .unwrap_or(host);
        let port = port.parse().map_err(|_| error())?;
        if listener.is_empty() {
            return Err(error());
        }
        Ok(Self {
            listener: listener.to_ascii_uppercase(),
            host: host.to_owned(),
            port,
        })
    }
}

impl Endpoint {
    /// Returns `host:port`, with brackets around an IPv6 address.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.listener, self.address())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_read_and_printed_back() {
        for text in [
            "PLAINTEXT://127.0.0.1:9092",
            "CONTROLLER://:0",
            "SSL://[::1]:9093",
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "localhost:9092",
            "PLAINTEXT://localhost",
            "PLAINTEXT://h:99999",
            "://h:1",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }
}
