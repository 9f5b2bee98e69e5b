//! How the code is laid out, held by tests: who may import whom, sizes, heads, names, tables.
//!
//! Reads the repository as text, knows no Rust beyond it, and needs nothing but the standard
//! library. Each rule tells every place that breaks it, with a sentence that says what to do.

#![expect(
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test reads the repository as it is, finds its own places in it, fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The modules of each layer; a module imports from the layers above its own line.
const LAYERS: [&[&str]; 7] = [
    &["types", "clock", "rng", "fs", "config"],
    &["record", "protocol", "security", "cli"],
    &["net", "storage", "metadata"],
    &["client", "controller", "coordinator"],
    &["replica", "connect"],
    &["broker"],
    &["commands"],
];

/// Imports that the layers would allow, and that are refused all the same.
const REFUSED: [(&str, &str); 6] = [
    ("storage", "protocol"),
    ("metadata", "protocol"),
    ("broker", "cli"),
    ("broker", "connect"),
    ("commands", "controller"),
    ("commands", "replica"),
];

/// Modules that take `now` and bytes: no runtime, no socket, no clock of the system.
const SYNCHRONOUS: [&str; 5] = ["record", "storage", "metadata", "controller", "coordinator"];

/// What these may use of `protocol`.
const ERROR_CODES_ONLY: [&str; 2] = ["controller", "coordinator"];

/// The only places that may name request and response structs.
const MESSAGE_USERS: [&str; 5] = [
    "src/protocol/",
    "src/broker/handlers/",
    "src/broker/connection.rs",
    "src/client/",
    "src/replica/fetcher.rs",
];

/// Tables of data: longer files, and rows longer than a line where they say `rustfmt::skip`.
const TABLES: [&str; 5] = [
    "src/config/",
    "src/protocol/api.rs",
    "src/protocol/error.rs",
    "src/protocol/skeleton/requests.rs",
    "src/protocol/skeleton/responses.rs",
];

/// Keys of when files go to the disk, and off it: their effect is that of a field of `LogConfig`.
const NAMED_NOWHERE: [&str; 4] = [
    "file.delete.delay.ms",
    "flush.messages",
    "log.flush.interval.messages",
    "log.flush.interval.ms",
];

const LINES_MAX: usize = 400;
const TABLE_LINES_MAX: usize = 1500;
const TEST_LINES_MAX: usize = 800;
const DECLARING_LINES_MAX: usize = 60;
const COLUMNS_MAX: usize = 100;

/// A file of the repository.
struct Source {
    /// Relative to the repository, with slashes.
    path: String,
    text: String,
}

impl Source {
    /// Returns the top module that the file belongs to, if it is one of the library's.
    fn module(&self) -> Option<&str> {
        let path = self.path.strip_prefix("src/")?;
        let top = path.split('/').next()?;
        let name = top.strip_suffix(".rs").unwrap_or(top);
        (!["lib", "bin"].contains(&name)).then_some(name)
    }

    /// Returns how many modules deep the file is: `src/x/mod.rs` and `src/x.rs` are one.
    fn depth(&self) -> usize {
        let path = self.path.trim_end_matches("/mod.rs");
        path.matches('/').count()
    }

    /// Returns the lines without the comments on them, numbered from one.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let code = |line: &str| line.find("//").unwrap_or(line.len());
        let lines = self.text.lines().enumerate();
        lines.map(move |(index, line)| (index + 1, line.get(..code(line)).unwrap_or(line)))
    }

    /// Returns the number of lines before the unit tests.
    fn lines_before_tests(&self) -> usize {
        let code = self
            .text
            .split("\n#[cfg(test)]\n")
            .next()
            .unwrap_or_default();
        code.trim_end().lines().count()
    }

    fn is_table(&self) -> bool {
        TABLES.iter().any(|table| self.path.starts_with(table))
    }

    fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
    }
}

/// Returns the repository's files with this ending below `folder`, in order.
fn files(folder: &str, ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for entry in entries.map(Result::unwrap) {
            let path = entry.path();
            let name = entry.file_name().into_string().unwrap();
            let is_ours = !name.starts_with('.') && name != "target" && name != "node_modules";
            if path.is_dir() && is_ours {
                folders.push(path);
            } else if name.ends_with(ending) {
                let relative = path.strip_prefix(root).unwrap().to_str().unwrap();
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source {
                    path: relative.replace('\\', "/"),
                    text,
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn rust_files() -> Vec<Source> {
    let folders = ["src", "tests", "benches", "fuzz"];
    folders
        .iter()
        .flat_map(|folder| files(folder, ".rs"))
        .collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Fails with every fault on a line of its own.
#[track_caller]
fn none(faults: &[String], advice: &str) {
    assert!(faults.is_empty(), "\n{}\n{advice}\n", faults.join("\n"));
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// Returns what is imported from the crate's root: the number of the line, and the path.
///
/// Sees `crate::x::Y`, `crate::{x, y::Z}` over several lines, and `super::` up to the root.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let (mut text, mut starts) = (String::new(), Vec::new());
    for (_, line) in source.code() {
        starts.push(text.len());
        text.push_str(line);
        text.push('\n');
    }
    let tests = text.find("\n#[cfg(test)]\nmod tests").unwrap_or(text.len());
    let mut paths = Vec::new();
    for (position, _) in text.match_indices("crate::") {
        expand(
            "",
            &text[position + "crate::".len()..],
            position,
            &mut paths,
        );
    }
    for (position, _) in text.match_indices("super::") {
        let rest = &text[position..];
        let name = rest.trim_start_matches("super::");
        let supers = (rest.len() - name.len()) / "super::".len();
        // A later `super` of a chain is below the root if the first one is.
        let is_first = !text[..position].ends_with("super::");
        if is_first && supers >= source.depth() + usize::from(position > tests) {
            expand("", name, position, &mut paths);
        }
    }
    let line = |position| starts.partition_point(|start| *start <= position);
    let paths = paths.into_iter();
    paths
        .map(|(position, path)| (line(position), path))
        .collect()
}

/// Adds the path at the front of a text, or every path of the group that it ends with.
fn expand(before: &str, text: &str, position: usize, paths: &mut Vec<(usize, String)>) {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && !"_:".contains(letter));
    let (path, rest) = text.split_at(end.unwrap_or(text.len()));
    let path = format!("{before}{path}");
    match rest.strip_prefix('{') {
        Some(group) => {
            for member in members(group) {
                expand(&path, member, position, paths);
            }
        }
        None => paths.push((position, path)),
    }
}

/// Returns the members of a group in braces, up to its end, nested groups included in theirs.
fn members(group: &str) -> Vec<&str> {
    let (mut members, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (position, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let member = group[begin..position].trim();
                members.extend((!member.is_empty()).then_some(member));
                begin = position + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    members
}

#[test]
fn imports_go_down() {
    let mut faults = Vec::new();
    for source in files("src", ".rs") {
        let Some(module) = source.module() else {
            continue;
        };
        let Some(own) = layer(module) else {
            faults.push(format!(
                "{}: the module {module} is in no layer",
                source.path
            ));
            continue;
        };
        for (line, path) in imports(&source) {
            let imported = path.split("::").next().unwrap_or_default();
            let Some(theirs) = layer(imported) else {
                continue;
            };
            // Layer 1 has only nouns in common; the simulated disk draws what a crash takes.
            let nouns = imported == "types" || (module, imported) == ("fs", "rng");
            let allowed = theirs < own || imported == module || (own == 0 && nouns);
            if !allowed || REFUSED.contains(&(module, imported)) {
                faults.push(format!("{}:{line}: {module} imports {path}", source.path));
            }
            let beyond_codes = path.strip_prefix("protocol::").is_some_and(|rest| {
                !["ErrorCode", "Retry"]
                    .iter()
                    .any(|code| rest.starts_with(code))
            });
            if ERROR_CODES_ONLY.contains(&module) && beyond_codes {
                faults.push(format!("{}:{line}: {module} takes {path}", source.path));
            }
        }
    }
    none(
        &faults,
        "A module imports only from the layers above its own line in ARCHITECTURE.md.",
    );
}

#[test]
fn messages_and_the_crate_of_the_wire_stay_at_the_wire() {
    let mut faults = Vec::new();
    for source in files("src", ".rs") {
        let may_use = MESSAGE_USERS
            .iter()
            .any(|user| source.path.starts_with(user));
        for (line, path) in imports(&source) {
            if path.starts_with("protocol::messages") && !may_use {
                faults.push(format!("{}:{line}: {path}", source.path));
            }
        }
        for (line, code) in source.code() {
            if code.contains("kafka_protocol") && source.module() != Some("protocol") {
                faults.push(format!("{}:{line}: kafka_protocol", source.path));
            }
        }
    }
    none(
        &faults,
        "Versions stop at the handlers: pass plain arguments on.",
    );
}

#[test]
fn state_machines_know_no_runtime_and_no_clock() {
    let banned = [
        "tokio",
        "std::net",
        "std::thread",
        "std::process",
        "SystemTime",
        "Instant::",
    ];
    let mut faults = Vec::new();
    for source in files("src", ".rs") {
        if source
            .module()
            .is_some_and(|module| SYNCHRONOUS.contains(&module))
        {
            for (line, code) in source.code().take(source.lines_before_tests()) {
                for word in banned.iter().filter(|word| code.contains(**word)) {
                    faults.push(format!("{}:{line}: {word}", source.path));
                }
            }
        }
    }
    none(
        &faults,
        "These modules take `now` and bytes and return decisions; tasks own them.",
    );
}

#[test]
fn the_table_of_imports_is_the_one_in_the_architecture() {
    let text = read("ARCHITECTURE.md");
    let mut faults = Vec::new();
    for (index, modules) in LAYERS.iter().enumerate() {
        let begin = format!("| {} |", index + 1);
        let row = text
            .lines()
            .find(|line| line.starts_with(&begin))
            .unwrap_or_default();
        let cell = row.split('|').nth(2).unwrap_or_default();
        let named: BTreeSet<&str> = cell.split('`').skip(1).step_by(2).collect();
        let exists = |module: &&&str| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("src")
                .join(module);
            folder.exists() || folder.with_extension("rs").exists()
        };
        let ours: BTreeSet<&str> = modules.iter().filter(exists).copied().collect();
        if named != ours {
            faults.push(format!(
                "layer {}: {named:?} there, {ours:?} in src",
                index + 1
            ));
        }
    }
    none(
        &faults,
        "Keep the table in ARCHITECTURE.md and LAYERS in tests/tidy.rs alike.",
    );
}

#[test]
fn files_stay_small_enough_to_read() {
    let mut faults = Vec::new();
    for source in rust_files() {
        let defines = ["fn ", "struct ", "enum ", "trait ", "macro_rules!"];
        let declares_only = source.path.ends_with("/mod.rs")
            && !source
                .code()
                .any(|(_, code)| defines.iter().any(|word| code.contains(word)));
        let (lines, max) = if source.is_test() {
            (source.text.lines().count(), TEST_LINES_MAX)
        } else if source.is_table() {
            (source.lines_before_tests(), TABLE_LINES_MAX)
        } else if declares_only {
            // The head may say as much as it needs to.
            let declared = source.text.lines().filter(|line| !line.starts_with("//!"));
            (declared.count(), DECLARING_LINES_MAX)
        } else {
            (source.lines_before_tests(), LINES_MAX)
        };
        if lines > max {
            faults.push(format!("{}: {lines} lines, {max} at most", source.path));
        }
    }
    none(
        &faults,
        "One file, one noun: cut it where its head would need an \"and\".",
    );
}

#[test]
fn lines_fit() {
    let mut faults = Vec::new();
    for source in rust_files() {
        let may_be_long = source.is_table() && source.text.contains("#[rustfmt::skip]");
        for (index, line) in source.text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > COLUMNS_MAX && !may_be_long {
                faults.push(format!("{}:{}: {columns} columns", source.path, index + 1));
            }
        }
    }
    none(&faults, "Break the line: 100 columns at most.");
}

#[test]
fn files_begin_by_saying_what_they_are() {
    let sources = rust_files().into_iter();
    let faults = sources.filter(|source| !source.text.starts_with("//! "));
    let faults: Vec<String> = faults.map(|source| source.path).collect();
    none(
        &faults,
        "Begin the file with `//! ` and what it is, what it promises, what it refuses.",
    );
}

#[test]
fn names_say_what_a_file_is() {
    let banned = [
        "util", "utils", "helper", "helpers", "common", "misc", "base", "types2",
    ];
    let mut faults = Vec::new();
    for source in rust_files() {
        let names = source.path.trim_end_matches(".rs").split('/');
        if names.into_iter().any(|name| banned.contains(&name)) {
            faults.push(source.path.clone());
        }
        let folder = source.path.trim_end_matches(".rs");
        if source.path.starts_with("src/") && Path::new(folder).is_dir() {
            faults.push(format!(
                "{}: the head of a folder is its mod.rs",
                source.path
            ));
        }
    }
    none(
        &faults,
        "If it is shared it has a name: that of the thing that is shared.",
    );
}

#[test]
fn words_that_mean_unfinished_are_absent() {
    // In two pieces, so that this file does not hold them.
    let markers = [
        "FIX\u{4d}E",
        "todo\u{21}(",
        "unimplemented\u{21}(",
        "dbg\u{21}(",
    ];
    let to_do = "TO\u{44}O";
    let outside = ["/wor\u{6b}/", "../share\u{64}"];
    let mut faults = Vec::new();
    for source in rust_files().into_iter().chain(files("", ".md")) {
        for (index, line) in source.text.lines().enumerate() {
            let mut fault = |what: &str| {
                faults.push(format!("{}:{}: {what}", source.path, index + 1));
            };
            markers
                .iter()
                .filter(|word| line.contains(**word))
                .for_each(|word| fault(word));
            if line.contains(to_do) && !line.contains(&format!("{to_do} #")) {
                fault("a thing to do without the number of its issue");
            }
            if outside.iter().any(|word| line.contains(word)) {
                fault("a path outside the repository");
            }
            let code = line.trim_start();
            if code.starts_with("matches!(") && code.ends_with(';') {
                fault("a statement that checks nothing: assert!(matches!(..))");
            }
            if code == "#[ignore]" {
                fault("an ignored test without a reason");
            }
        }
    }
    none(&faults, "Finish it, or open an issue and name it.");
}

#[test]
fn every_rust_file_is_compiled() {
    let sources = rust_files();
    let texts: BTreeMap<&str, &str> = sources
        .iter()
        .map(|source| (source.path.as_str(), source.text.as_str()))
        .collect();
    let manifest = read("Cargo.toml");
    let mut faults = Vec::new();
    for path in texts
        .keys()
        .filter(|path| **path != "src/lib.rs" && !path.starts_with("fuzz/"))
    {
        if manifest.contains(&format!("path = \"{path}\"")) {
            continue;
        }
        let (folder, file) = path.rsplit_once('/').unwrap();
        let (folder, name) = match file {
            "mod.rs" => folder.rsplit_once('/').unwrap(),
            _ => (folder, file.trim_end_matches(".rs")),
        };
        let parents = ["mod.rs", "main.rs", "lib.rs"].map(|parent| format!("{folder}/{parent}"));
        let declared = parents
            .iter()
            .filter_map(|parent| texts.get(parent.as_str()))
            .any(|text| {
                text.lines().any(|line| {
                    line.trim_start_matches("pub(crate) ")
                        .trim_start_matches("pub ")
                        .trim_start_matches("pub(super) ")
                        == format!("mod {name};")
                })
            });
        if !declared {
            faults.push(format!(
                "{path}: no `mod {name};` and no path in Cargo.toml"
            ));
        }
    }
    none(
        &faults,
        "A file that nothing names is not compiled, and its tests do not run.",
    );
}

#[test]
fn every_command_is_in_the_table_the_readme_and_the_completions() {
    let table = read("src/commands/mod.rs");
    let table = table
        .split("pub const COMMANDS")
        .nth(1)
        .unwrap()
        .split("];")
        .next()
        .unwrap();
    let readme = read("README.md");
    let completions = files("completions", "");
    let mut faults = Vec::new();
    for source in files("src/commands", ".rs") {
        for (line, code) in source.code() {
            let Some((_, rest)) = code.split_once("const ") else {
                continue;
            };
            let Some((constant, _)) = rest.split_once(": CommandRow") else {
                continue;
            };
            let relative = source.path.trim_start_matches("src/commands/");
            let module = relative.trim_end_matches(".rs").trim_end_matches("/mod");
            if !table.contains(&format!("{}::{constant},", module.replace('/', "::"))) {
                faults.push(format!(
                    "{}:{line}: {constant} is not in COMMANDS",
                    source.path
                ));
            }
            let after = source.text.lines().skip(line);
            let name = after
                .filter_map(|line| line.trim().strip_prefix("name: \""))
                .next();
            let name = name
                .and_then(|name| name.split('"').next())
                .unwrap_or_default();
            if !readme.contains(&format!("kt {name}")) {
                faults.push(format!("README.md: no word of kt {name}"));
            }
            for file in completions.iter().filter(|file| !file.text.contains(name)) {
                faults.push(format!("{}: no word of {name}", file.path));
            }
        }
    }
    none(
        &faults,
        "A command is a row in COMMANDS, a line in README.md, and `kt completions`.",
    );
}

#[test]
fn every_api_has_its_handler_and_its_test() {
    let table = read("src/protocol/api.rs");
    let rows = table.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" = ")?;
        (rest.contains("..=") && name.chars().all(char::is_alphanumeric)).then_some(name)
    });
    let mut faults = Vec::new();
    for name in rows {
        let mut file = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !file.is_empty() {
                file.push('_');
            }
            file.extend(letter.to_lowercase());
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let handlers = root.join("src/broker/handlers");
        if !handlers.join(&file).is_dir() && !handlers.join(format!("{file}.rs")).exists() {
            faults.push(format!("{name}: no src/broker/handlers/{file}.rs"));
        }
        let versions = files("tests/wire/fixtures", ".hex");
        let begin = format!("tests/wire/fixtures/{file}_v");
        if !versions
            .iter()
            .any(|fixture| fixture.path.starts_with(&begin))
        {
            faults.push(format!("{name}: no {begin}*.hex"));
        }
    }
    none(
        &faults,
        "An API is a row, a handler of its name, and fixtures of what it says.",
    );
}

#[test]
fn every_key_with_an_effect_is_named_in_a_test() {
    let tests: Vec<String> = ["broker", "commands", "storage", "wire", "interop"]
        .iter()
        .flat_map(|folder| files(&format!("tests/{folder}"), ""))
        .map(|source| source.text.replace("\\n", "\n"))
        .collect();
    let is_part = |before: Option<char>| {
        before.is_some_and(|letter| letter.is_alphanumeric() || ".-_".contains(letter))
    };
    let is_named = |key: &str| {
        let quoted = format!("\"{key}\"");
        let assigned = format!("{key}=");
        let is_assigned = |text: &String| {
            let mut places = text.match_indices(&assigned);
            places.any(|(place, _)| !is_part(text[..place].chars().next_back()))
        };
        tests
            .iter()
            .any(|text| text.contains(&quoted) || is_assigned(text))
    };
    let mut faults = Vec::new();
    // The tables that docs/configuration.md is made from.
    for table in ["broker", "broker_keys", "topic", "group"] {
        let text = read(&format!("src/config/{table}.rs"));
        for row in text.split("\n    ").filter(|row| is_row(row)) {
            let Some((head, _)) = row.split_once("Honoured") else {
                continue;
            };
            let key = head.split('"').nth(1).unwrap_or_default();
            if !is_named(key) && !NAMED_NOWHERE.contains(&key) {
                faults.push(format!("src/config/{table}.rs: {key}"));
            }
        }
    }
    none(
        &faults,
        "A test changes the key and sees the effect; a key without one is Accepted in its table.",
    );
}

/// Returns whether a text is a row of a table of keys: its type, its key in quotes.
fn is_row(text: &str) -> bool {
    let kind = text.split(" \"").next().unwrap_or_default();
    !kind.is_empty() && kind.chars().all(char::is_alphabetic)
}

#[test]
fn every_page_has_one_title_and_leads_somewhere() {
    let mut faults = Vec::new();
    for page in files("", ".md") {
        let mut in_code = false;
        let mut titles = 0;
        for line in page.text.lines() {
            in_code ^= line.starts_with("```");
            titles += usize::from(!in_code && line.starts_with("# "));
            for target in line
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next())
            {
                let target = target.split('#').next().unwrap_or_default();
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(&page.path);
                if !target.contains("://") && !folder.with_file_name("").join(target).exists() {
                    faults.push(format!(
                        "{}: leads to {target}, which is not there",
                        page.path
                    ));
                }
            }
        }
        if titles != 1 || !page.text.starts_with("# ") {
            faults.push(format!("{}: {titles} titles", page.path));
        }
    }
    none(
        &faults,
        "A page begins with `# ` and its title, has no second one, and its links lead.",
    );
}

#[test]
fn imports_are_seen_in_every_form() {
    let text = "\
//! crate::comment
use crate::a::B;
use crate::{
    c,
    d::{E, f::G},
};
use super::sibling::H;
fn i() { super::super::j(); crate::k::l() } // crate::no
#[cfg(test)]
mod tests {
    use super::super::super::m::N;
    use super::super::sibling::O;
}
";
    let source = Source {
        path: "src/x/y.rs".to_owned(),
        text: text.to_owned(),
    };
    let found: Vec<String> = imports(&source)
        .into_iter()
        .map(|(line, path)| format!("{line} {path}"))
        .collect();
    let expected = [
        "2 a::B",
        "3 c",
        "3 d::E",
        "3 d::f::G",
        "8 k::l",
        "8 j",
        "11 m::N",
    ];
    assert_eq!(found, expected);
}
