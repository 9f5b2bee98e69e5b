//! `--initial-controllers`: the voters of a dynamic quorum, `id@host:port:directory id`
//! (`DynamicVoters`).

use std::collections::BTreeSet;

use crate::broker::format::Voter;
use crate::cli::CommandError;
use crate::types::BrokerId;

/// Reads a list of voters; `listener` is the name of the controllers' listener.
pub(super) fn parse(text: &str, listener: &str) -> Result<Vec<Voter>, CommandError> {
    let failed = |sentence: &str| CommandError::failed(sentence);
    let text = text.trim();
    if text.is_empty() {
        return Err(failed("No voters given."));
    }
    let mut seen = BTreeSet::new();
    let mut voters = Vec::new();
    for voter in text.split(',') {
        let voter = parse_one(voter.trim(), listener).map_err(|sentence| {
            failed(sentence).hint("A voter is written ID@HOST:PORT:DIRECTORY-ID.")
        })?;
        if !seen.insert(voter.id) {
            let sentence = format!("Node id {} was specified more than once.", voter.id);
            return Err(failed(&sentence));
        }
        voters.push(voter);
    }
    voters.sort_by_key(|voter| voter.id);
    Ok(voters)
}

fn parse_one(text: &str, listener: &str) -> Result<Voter, &'static str> {
    let (id, rest) = text
        .split_once('@')
        .ok_or("No @ found in dynamic voter string.")?;
    if id.is_empty() {
        return Err("Invalid @ at beginning of dynamic voter string.");
    }
    let id: i32 = id
        .parse()
        .map_err(|_| "Failed to parse node id in dynamic voter string.")?;
    if id < 0 {
        return Err("Invalid negative node id in dynamic voter string.");
    }
    if rest.is_empty() {
        return Err("No hostname found after node id.");
    }
    let (host, rest) = match rest.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed
                .split_once(']')
                .ok_or("Hostname began with left bracket, but no right bracket was found.")?;
            if !rest.is_empty() && !rest.starts_with(':') {
                return Err("Port section must start with a colon.");
            }
            (host, rest.strip_prefix(':'))
        }
        None => match rest.split_once(':') {
            Some((host, rest)) => (host, Some(rest)),
            None => (rest, None),
        },
    };
    let rest = rest.ok_or("No colon following hostname could be found.")?;
    let (port, directory) = rest
        .split_once(':')
        .ok_or("No colon following port could be found.")?;
    let port = port
        .parse()
        .map_err(|_| "Failed to parse port in dynamic voter string.")?;
    let directory = directory
        .parse()
        .map_err(|_| "Failed to parse directory ID in dynamic voter string.")?;
    Ok(Voter {
        id: BrokerId(id),
        directory,
        listener: listener.to_owned(),
        host: host.to_owned(),
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "JEXY6aqzQY-32P5TStzaFg";

    #[test]
    fn voters_are_read_and_sorted() {
        let text = format!("2@[::1]:19094:{ID},1@127.0.0.1:19093:{ID}");
        let voters = parse(&text, "CONTROLLER").unwrap();
        let found: Vec<_> = voters
            .iter()
            .map(|voter| (voter.id.0, voter.host.as_str(), voter.port))
            .collect();
        assert_eq!(found, [(1, "127.0.0.1", 19093), (2, "::1", 19094)]);
        assert_eq!(voters[0].directory.to_string(), ID);
    }

    #[test]
    fn the_sentences_are_apache_kafkas() {
        for (text, sentence) in [
            (String::new(), "No voters given."),
            (
                "x@y".to_owned(),
                "Failed to parse node id in dynamic voter string.",
            ),
            (
                "1@h:1".to_owned(),
                "No colon following port could be found.",
            ),
            (
                "1@h:1:foo".to_owned(),
                "Failed to parse directory ID in dynamic voter string.",
            ),
            (
                format!("1@h:x:{ID}"),
                "Failed to parse port in dynamic voter string.",
            ),
            (
                format!("1@h:1:{ID},1@h:2:{ID}"),
                "Node id 1 was specified more than once.",
            ),
        ] {
            let error = parse(&text, "C").unwrap_err();
            assert_eq!(error.sentence(), sentence, "{text}");
        }
    }
}
