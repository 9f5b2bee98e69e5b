//! `consumer-groups --validate-regex`: is this an expression that the protocol of KIP-848 takes?
//!
//! The coordinator reads expressions by RE2's rules, without look-around and back references. The
//! reasons are those of RE2/J.

use fancy_regex::Regex;

use crate::cli::{CommandError, Exit, Output};

pub(super) fn validate(pattern: &str, output: &mut Output) -> Result<Exit, CommandError> {
    match fault(pattern) {
        None => output.line(format!("The regular expression `{pattern}` is valid."))?,
        Some(reason) => output.line(format!(
            "The regular expression `{pattern}` is invalid: {reason}."
        ))?,
    }
    Ok(Exit::SUCCESS)
}

/// Returns why RE2 would refuse a pattern.
fn fault(pattern: &str) -> Option<&'static str> {
    let letters: Vec<char> = pattern.chars().collect();
    let mut place = 0;
    let mut open = 0_usize;
    let mut repeatable = false;
    while let Some(letter) = letters.get(place) {
        let rest = letters.get(place + 1..).unwrap_or_default();
        let mut taken = 1;
        match letter {
            '\\' => match rest.first() {
                None => return Some("trailing backslash at end of expression"),
                Some('1'..='9') => return Some("invalid escape sequence"),
                Some(_) => taken = 2,
            },
            '[' => match class_length(rest) {
                Some(length) => taken = length + 1,
                None => return Some("missing closing ]"),
            },
            '(' => {
                open += 1;
                if let Some(reason) = group_fault(rest) {
                    return Some(reason);
                }
            }
            ')' if open == 0 => return Some("unexpected )"),
            ')' => open -= 1,
            '*' | '+' | '?' if !repeatable => {
                return Some("missing argument to repetition operator");
            }
            _ => {}
        }
        repeatable = match letter {
            '(' | '|' => false,
            '*' | '+' | '?' => repeatable,
            _ => true,
        };
        // What stands behind `(?` is no repetition.
        if *letter == '(' && rest.first() == Some(&'?') {
            taken = 2;
        }
        place += taken;
    }
    if open > 0 {
        return Some("missing closing )");
    }
    Regex::new(pattern).err().map(|_| "invalid escape sequence")
}

/// Returns how far a class reaches behind its bracket; nothing if it has no end.
fn class_length(rest: &[char]) -> Option<usize> {
    let mut place = usize::from(rest.first() == Some(&'^'));
    // A bracket that comes first is one of the letters.
    place += usize::from(rest.get(place) == Some(&']'));
    loop {
        match rest.get(place)? {
            ']' => return Some(place + 1),
            '\\' => place += 2,
            _ => place += 1,
        }
    }
}

/// Returns what is wrong with what follows an opening parenthesis.
fn group_fault(rest: &[char]) -> Option<&'static str> {
    if rest.first() != Some(&'?') {
        return None;
    }
    match (rest.get(1), rest.get(2)) {
        (Some('=' | '!' | '>'), _) => Some("invalid or unsupported Perl syntax"),
        (Some('<'), Some('=' | '!')) => Some("invalid named capture"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_in_the_words_of_re2j() {
        let cases = [
            ("orders-.*", None),
            ("(?i)orders|mail", None),
            (r"a\.b[]x]+(?P<n>c)?", None),
            ("[a", Some("missing closing ]")),
            ("(?!a)b", Some("invalid or unsupported Perl syntax")),
            ("(?<=a)b", Some("invalid named capture")),
            ("(a", Some("missing closing )")),
            ("a)", Some("unexpected )")),
            ("*a", Some("missing argument to repetition operator")),
            ("a\\", Some("trailing backslash at end of expression")),
            (r"(a)\1", Some("invalid escape sequence")),
        ];
        for (pattern, reason) in cases {
            assert_eq!(fault(pattern), reason, "{pattern}");
        }
    }
}
