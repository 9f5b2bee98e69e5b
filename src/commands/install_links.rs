//! `kt install-links DIR`: links named as Kafka's scripts, so that a tutorial's lines run as they
//! are written.
//!
//! Makes `X.sh` and `X` for each command that exists, and `kt`: absolute links to this binary. A
//! file that is not a link to kt is left alone, and is an error, unless `--force` is given.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{COMMANDS, CommandRow};
use crate::cli::{
    CommandError, Exit, Format, Invocation, Output, OutputOptions, parse_subcommands,
};
use crate::fs::{Fs, RealFs};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "install-links",
    script: None,
    about: "Make links named as Kafka's scripts (kafka-topics.sh, ...) to kt",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// Make links named as Kafka's scripts to kt.
#[derive(Debug, clap::Parser)]
struct Options {
    /// The folder for the links; made if it is missing.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Replace files that are not links to kt.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Serialize)]
struct Link {
    link: PathBuf,
    target: PathBuf,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    let failed = |path: &Path, error: std::io::Error| {
        CommandError::failed(format!("{}: {error}", path.display()))
    };
    let target = std::env::current_exe()
        .and_then(|path| path.canonicalize())
        .map_err(|error| failed(Path::new("kt"), error))?;
    RealFs
        .create_dir_all(&options.folder)
        .map_err(|error| failed(&options.folder, error))?;
    let folder = options
        .folder
        .canonicalize()
        .map_err(|error| failed(&options.folder, error))?;

    let links: Vec<_> = names().into_iter().map(|name| folder.join(name)).collect();
    // Nothing is made if one of them is in the way.
    let foreign = |link: &&PathBuf| !options.force && is_foreign(link, &target);
    if let Some(link) = links.iter().find(foreign) {
        let sentence = format!("{} exists and is not a link to kt", link.display());
        return Err(CommandError::failed(sentence).hint("--force replaces it."));
    }
    let mut made = Vec::new();
    for link in links {
        if link == target {
            continue;
        }
        place(&link, &target).map_err(|error| failed(&link, error))?;
        made.push(Link {
            link,
            target: target.clone(),
        });
    }
    match options.output.format {
        Format::Text => {
            for link in &made {
                output.line(link.link.display())?;
            }
        }
        Format::Json => output.json(&made)?,
        Format::Table => {
            let rows: Vec<_> = made
                .iter()
                .map(|made| {
                    [&made.link, &made.target]
                        .map(|p| p.display().to_string())
                        .to_vec()
                })
                .collect();
            output.table(&["LINK", "TARGET"], &rows)?;
        }
    }
    Ok(Exit::SUCCESS)
}

/// Returns the names of all links.
fn names() -> Vec<String> {
    let scripts = COMMANDS.iter().filter_map(|row| row.script);
    let mut names: Vec<_> = scripts
        .flat_map(|script| [format!("{script}.sh"), script.to_owned()])
        .collect();
    names.push("kt".to_owned());
    names
}

/// Returns whether something is there that is not a link to a kt.
fn is_foreign(link: &Path, target: &Path) -> bool {
    if link == target {
        return false;
    }
    match link.read_link() {
        // A link of an earlier installation, wherever that binary was.
        Ok(old) => old != target && old.file_name() != Some("kt".as_ref()),
        Err(_) => link.symlink_metadata().is_ok(),
    }
}

/// Makes a link in place of what is there, so that the name is never absent.
fn place(link: &Path, target: &Path) -> std::io::Result<()> {
    let mut name = link.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = link.with_file_name(name);
    symlink(target, &temporary)?;
    RealFs.rename(&temporary, link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_has_both_names() {
        let names = names();
        for name in ["kafka-server-start.sh", "kafka-server-start", "kt"] {
            assert!(names.iter().any(|found| found == name), "{name}");
        }
    }
}
