//! The page docs/configuration.md, made from the tables.
//!
//! A key with an effect changes what kt does; the others are checked and shown, and change
//! nothing yet. The page is compared with the tables by a test; `KT_UPDATE_GOLDEN=1` writes it.

use super::broker::{BROKER_KEYS, KT_KEYS};
use super::def::{ConfigDef, DefaultValue, Effect};
use super::group::{CLIENT_METRICS_KEYS, GROUP_KEYS};
use super::topic::TOPIC_KEYS;

/// Returns the page.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         The keys of Apache Kafka 4.3.1, and what each does here. Every key is accepted, checked \
         and shown by `kt configs --describe`; a value that Kafka refuses is refused with Kafka's \
         sentence. A key under *with an effect* changes what kt does. The others are accepted, no \
         effect: they belong to parts that kt does not have (yet), or to threads and buffers that \
         it has no use for. This page is made from the tables in `src/config/`.\n",
    );
    section(&mut page, "kt's own broker keys", KT_KEYS);
    section(&mut page, "Topics", TOPIC_KEYS);
    section(&mut page, "Brokers", BROKER_KEYS);
    section(&mut page, "Groups", GROUP_KEYS);
    section(&mut page, "Client metrics", CLIENT_METRICS_KEYS);
    page
}

fn section(page: &mut String, title: &str, table: &[ConfigDef]) {
    let listed = |effect: Effect| {
        table
            .iter()
            .filter(move |row| row.effect == effect && !row.internal)
    };
    if listed(Effect::Honoured).next().is_some() {
        page.push_str(&format!("\n## {title}, with an effect\n\n"));
        page.push_str("| key | default | what it is for |\n|---|---|---|\n");
    }
    for row in listed(Effect::Honoured) {
        let default = match row.default {
            DefaultValue::Required => "required",
            DefaultValue::Null => "none",
            DefaultValue::Text("") => "empty",
            DefaultValue::Text(text) => text,
        };
        let doc = row.doc.replace('|', "\\|");
        page.push_str(&format!("| `{}` | {default} | {doc} |\n", row.key));
    }
    let accepted: Vec<String> = listed(Effect::Accepted)
        .map(|row| format!("`{}`", row.key))
        .collect();
    if !accepted.is_empty() {
        page.push_str(&format!(
            "\n## {title}, accepted, no effect\n\n{}.\n",
            accepted.join(", ")
        ));
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads a page of the repository"
)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::page;

    #[test]
    fn the_page_is_what_the_tables_say() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
        if std::env::var_os("KT_UPDATE_GOLDEN").is_some() {
            fs::write(&path, page()).unwrap();
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            page(),
            "KT_UPDATE_GOLDEN=1 writes it"
        );
    }
}
