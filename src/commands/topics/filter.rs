//! Which topics a pattern means (`TopicFilter.IncludeList`): a Java regular expression that must
//! match the whole name, or a list of them with commas.

use fancy_regex::Regex;

/// A pattern of topic names.
#[derive(Clone, Debug)]
pub(in crate::commands) struct TopicFilter {
    regex: Regex,
}

/// The pattern is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pattern} is an invalid regex.")]
pub(in crate::commands) struct InvalidRegex {
    pattern: String,
}

impl TopicFilter {
    /// Reads a pattern: commas are alternatives, blanks and surrounding quotes are left out.
    pub(in crate::commands) fn new(pattern: &str) -> Result<Self, InvalidRegex> {
        let quotes = ['"', '\''];
        let pattern = pattern.trim().replace(',', "|").replace(' ', "");
        let pattern = pattern.trim_start_matches(quotes).trim_end_matches(quotes);
        Self::whole(pattern)
    }

    /// Reads a regular expression as it is.
    pub(in crate::commands) fn whole(pattern: &str) -> Result<Self, InvalidRegex> {
        let invalid = || InvalidRegex {
            pattern: pattern.to_owned(),
        };
        // Checked alone first: a stray parenthesis must not pair up with ours.
        Regex::new(pattern).map_err(|_| invalid())?;
        let regex = Regex::new(&format!(r"\A(?:{pattern})\z")).map_err(|_| invalid())?;
        Ok(Self { regex })
    }

    /// Returns whether the whole name matches.
    pub(in crate::commands) fn admits(&self, name: &str) -> bool {
        // An expression that backtracks beyond all measure matches nothing.
        self.regex.is_match(name).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(pattern: &str, name: &str) -> bool {
        TopicFilter::new(pattern).unwrap().admits(name)
    }

    #[test]
    fn the_whole_name_must_match() {
        assert!(admits("yes1,yes2", "yes2"));
        assert!(!admits("yes1,yes2", "no1"));
        assert!(!admits("fo", "foo"));
        assert!(admits("foo.bar", "foo_bar"));
        assert!(admits(" \"alpha, beta\" ", "beta"));
        assert!(!admits("a|ab", "abc"));
    }

    #[test]
    fn look_ahead_works() {
        assert!(admits(r"test-(?!bad\b)[\w]+", "test-good"));
        assert!(!admits(r"test-(?!bad\b)[\w]+", "test-bad"));
    }

    #[test]
    fn a_broken_expression_is_told_as_kafka_tells_it() {
        for pattern in ["[", "(", "a)(b"] {
            let text = TopicFilter::new(pattern).unwrap_err().to_string();
            assert_eq!(text, format!("{pattern} is an invalid regex."));
        }
    }
}
