//! Listeners as `listeners` and `advertised.listeners` write them: `NAME://host:port`.

use super::value::ConfigError;

/// One listener: a name, an address, and the protocol spoken there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The listener's name, in capitals.
    pub name: String,
    /// Host name or address; empty for all interfaces.
    pub host: String,
    /// Port; 0 lets the system choose.
    pub port: u16,
    /// `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`.
    pub protocol: String,
}

impl Listener {
    /// Returns the protocol's number in metadata records.
    #[must_use]
    pub fn protocol_id(&self) -> i16 {
        match self.protocol.as_str() {
            "SSL" => 1,
            "SASL_PLAINTEXT" => 2,
            "SASL_SSL" => 3,
            _ => 0,
        }
    }
}

impl std::fmt::Display for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            name, host, port, ..
        } = self;
        if host.contains(':') {
            return write!(f, "{name}://[{host}]:{port}");
        }
        write!(f, "{name}://{host}:{port}")
    }
}

/// Parses `listener.security.protocol.map`.
pub(super) fn parse_protocols(list: &[String]) -> Result<Vec<(String, String)>, ConfigError> {
    let mut protocols = Vec::new();
    for entry in list {
        let (name, protocol) = entry.split_once(':').unwrap_or((entry, ""));
        let (name, protocol) = (name.trim().to_uppercase(), protocol.trim().to_uppercase());
        if !matches!(
            protocol.as_str(),
            "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL"
        ) {
            return Err(ConfigError::new(format!(
                "Invalid security protocol `{protocol}` defined in listener.security.protocol.map"
            )));
        }
        protocols.push((name, protocol));
    }
    Ok(protocols)
}

/// Parses a list of listeners; `key` is the configuration key it was in.
pub(super) fn parse_listeners(
    key: &str,
    list: &[String],
    protocols: &[(String, String)],
) -> Result<Vec<Listener>, ConfigError> {
    let whole = list.join(",");
    let listeners: Result<Vec<_>, _> = list
        .iter()
        .map(|text| parse_listener(&whole, text, protocols))
        .collect();
    let listeners = listeners?;
    let repeated = |listener: &Listener| {
        listeners
            .iter()
            .filter(|other| other.name == listener.name)
            .count()
            > 1
    };
    if listeners.iter().any(repeated) {
        return Err(ConfigError::new(format!(
            "Error creating broker listeners from '{whole}': Each listener must have a different \
             name unless you have exactly one listener on IPv4 and the other IPv6 on the same \
             port, {key}: {whole}"
        )));
    }
    Ok(listeners)
}

fn parse_listener(
    whole: &str,
    text: &str,
    protocols: &[(String, String)],
) -> Result<Listener, ConfigError> {
    let refused = |why: &str| {
        ConfigError::new(format!(
            "Error creating broker listeners from '{whole}': {why}"
        ))
    };
    let unreadable = || refused(&format!("Unable to parse {text} to a broker endpoint"));
    let (name, address) = text.split_once("://").ok_or_else(unreadable)?;
    let (host, port) = address.rsplit_once(':').ok_or_else(unreadable)?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let port = port.parse().map_err(|_| unreadable())?;
    let name = name.trim().to_uppercase();
    if name.is_empty() {
        return Err(unreadable());
    }
    let protocol = protocols.iter().find(|(known, _)| *known == name);
    let Some((_, protocol)) = protocol else {
        return Err(refused(&format!(
            "No security protocol defined for listener {name}"
        )));
    };
    Ok(Listener {
        name,
        host: host.to_owned(),
        port,
        protocol: protocol.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<Listener>, ConfigError> {
        let list: Vec<String> = text.split(',').map(str::to_owned).collect();
        let protocols = parse_protocols(&["PLAINTEXT:PLAINTEXT".to_owned(), "IN:SSL".to_owned()])?;
        parse_listeners("listeners", &list, &protocols)
    }

    #[test]
    fn names_hosts_and_ports_are_read() {
        let listeners = parse("plaintext://:9092,IN://[::1]:0").unwrap();
        assert_eq!(listeners[0].to_string(), "PLAINTEXT://:9092");
        assert_eq!(listeners[1].to_string(), "IN://[::1]:0");
        assert_eq!(
            (listeners[1].host.as_str(), listeners[1].protocol_id()),
            ("::1", 1)
        );
    }

    #[test]
    fn what_is_no_listener_is_refused() {
        for text in [
            "foo",
            "PLAINTEXT://a",
            "PLAINTEXT://a:x",
            "PLAINTEXT://a:70000",
            "://a:1",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let error = parse("OTHER://localhost:1").unwrap_err();
        assert!(
            error
                .message()
                .ends_with("No security protocol defined for listener OTHER")
        );
        assert!(parse("IN://a:1,IN://b:2").is_err());
    }
}
