//! `kt completions`: completion scripts for bash, zsh and fish.
//!
//! The static part is clap_complete's. Values that only a broker knows come from the hidden
//! `kt __complete KIND`, which answers quickly or not at all, and never starts a broker.

use std::ffi::OsString;
use std::path::PathBuf;

use clap_complete::Shell;

use super::{COMMANDS, CommandRow, local_broker};
use crate::cli::{CommandError, Exit, Invocation, Output, parse_subcommands};
use crate::fs::{Fs, RealFs};

/// The hidden word behind `kt` that completion scripts call.
pub(super) const HIDDEN: &str = "__complete";

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "completions",
    script: None,
    about: "Print or install completion scripts for bash, zsh or fish",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// Print the completion script of a shell, or install it for the current user.
#[derive(Debug, clap::Parser)]
struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Copy, Debug, clap::Subcommand)]
enum Action {
    /// Print the script for bash.
    Bash,
    /// Print the script for zsh.
    Zsh,
    /// Print the script for fish.
    Fish,
    /// Put the script of the shell in SHELL where that shell looks for it.
    Install,
}

/// Options whose values a broker knows, and the kind of value.
const DYNAMIC: &[(&str, &str)] = &[
    ("topic", "topics"),
    ("group", "groups"),
    ("entity-name", "topics"),
    ("bootstrap-server", "brokers"),
];

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    match options.action {
        Action::Bash => output.text(script(Shell::Bash))?,
        Action::Zsh => output.text(script(Shell::Zsh))?,
        Action::Fish => output.text(script(Shell::Fish))?,
        Action::Install => install(output)?,
    }
    Ok(Exit::SUCCESS)
}

/// Answers a completion script: one value a line.
pub(super) fn complete(words: &[OsString], output: &mut Output) -> Result<Exit, CommandError> {
    let kind = words
        .first()
        .map(|word| word.to_string_lossy().into_owned())
        .unwrap_or_default();
    for value in local_broker::completion_values(&kind) {
        output.line(value)?;
    }
    Ok(Exit::SUCCESS)
}

/// Returns the completion script of a shell.
fn script(shell: Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut whole_command(), "kt", &mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match shell {
        Shell::Bash => with_bash_values(&text),
        Shell::Zsh => with_zsh_values(&text),
        Shell::Fish => with_fish_values(&text),
        _ => text,
    }
}

/// Returns all commands as subcommands of one.
fn whole_command() -> clap::Command {
    let command = clap::Command::new("kt").about("Kafka in one binary");
    let command = command.disable_help_subcommand(true);
    COMMANDS.iter().fold(command, |command, row| {
        command.subcommand((row.options)().name(row.name).about(row.about))
    })
}

/// Wraps the static function: values first where the word before is an option that has some.
fn with_bash_values(text: &str) -> String {
    let cases: String = DYNAMIC
        .iter()
        .map(|(option, kind)| format!("        --{option}|-{option}) kind={kind} ;;\n"))
        .collect();
    format!(
        "{text}
_kt_with_values() {{
    local kind='' word=\"${{COMP_WORDS[COMP_CWORD]}}\"
    case \"${{COMP_WORDS[COMP_CWORD-1]}}\" in
{cases}    esac
    if [[ -n $kind ]]; then
        local values
        values=$(\"${{COMP_WORDS[0]}}\" {HIDDEN} \"$kind\" 2>/dev/null)
        COMPREPLY=($(compgen -W \"$values\" -- \"$word\"))
        return 0
    fi
    _kt \"$@\"
}}
complete -F _kt_with_values -o nosort -o bashdefault -o default kt
"
    )
}

/// Lets zsh ask for values where clap_complete offers file names.
fn with_zsh_values(text: &str) -> String {
    let mut text = text.to_owned();
    for (option, kind) in DYNAMIC {
        let lines: Vec<String> = text
            .lines()
            .map(|line| {
                let of_option = line.trim_start().starts_with(&format!("'--{option}="));
                if of_option {
                    line.replace(":_default' \\", &format!(":_kt_values {kind}' \\"))
                } else {
                    line.to_owned()
                }
            })
            .collect();
        text = lines.join("\n") + "\n";
    }
    let function = format!(
        "(( $+functions[_kt_values] )) ||
_kt_values() {{
    local -a values
    values=(${{(f)\"$(kt {HIDDEN} $1 2>/dev/null)\"}})
    compadd -a values
}}

"
    );
    match text.find("if [ \"$funcstack[1]\"") {
        Some(position) => {
            text.insert_str(position, &function);
            text
        }
        None => text + &function,
    }
}

/// Lets fish ask for values where an option has some.
fn with_fish_values(text: &str) -> String {
    let with_values = |line: &str| {
        let found = DYNAMIC
            .iter()
            .find(|(option, _)| line.contains(&format!(" -l {option} ")));
        match found {
            Some((_, kind)) => format!("{line} -f -a \"(kt {HIDDEN} {kind} 2>/dev/null)\"\n"),
            None => format!("{line}\n"),
        }
    };
    text.lines().map(with_values).collect()
}

/// Writes the script of the user's shell where that shell looks for it.
fn install(output: &mut Output) -> Result<(), CommandError> {
    let name = std::env::var("SHELL").unwrap_or_default();
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let data =
        std::env::var_os("XDG_DATA_HOME").map_or_else(|| home.join(".local/share"), PathBuf::from);
    let config =
        std::env::var_os("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
    let (shell, path) = match name.rsplit('/').next().unwrap_or_default() {
        "bash" => (Shell::Bash, data.join("bash-completion/completions/kt")),
        "zsh" => (Shell::Zsh, data.join("zsh/site-functions/_kt")),
        "fish" => (Shell::Fish, config.join("fish/completions/kt.fish")),
        other => {
            let sentence = format!("kt completions: no script for the shell '{other}' (SHELL)");
            return Err(CommandError::failed(sentence).hint("There is one for bash, zsh and fish."));
        }
    };
    let failed =
        |error: std::io::Error| CommandError::failed(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        RealFs.create_dir_all(folder).map_err(failed)?;
    }
    RealFs
        .replace(&path, script(shell).as_bytes())
        .map_err(failed)?;
    output.line(path.display())?;
    if shell == Shell::Zsh {
        output.note(format!(
            "Add to ~/.zshrc, before compinit: fpath=({} $fpath)",
            path.parent().unwrap_or(&path).display()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_scripts_are_fresh() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("completions");
        let shells = [
            (Shell::Bash, "kt.bash"),
            (Shell::Zsh, "_kt"),
            (Shell::Fish, "kt.fish"),
        ];
        for (shell, name) in shells {
            let path = folder.join(name);
            let found = RealFs.read(&path, 1 << 24).unwrap_or_default();
            assert!(
                found == script(shell).as_bytes(),
                "completions/{name} is stale: kt completions {shell} > completions/{name}"
            );
        }
    }

    #[test]
    fn options_of_brokers_ask_for_their_values() {
        assert!(script(Shell::Bash).contains("--topic|-topic) kind=topics"));
        assert!(script(Shell::Fish).contains("(kt __complete brokers 2>/dev/null)"));
        assert!(script(Shell::Zsh).contains("_kt_values()"));
    }
}
