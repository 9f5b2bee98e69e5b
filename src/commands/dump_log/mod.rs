//! `dump-log` (DumpLogSegments): prints log, index, snapshot and checkpoint files. Needs no broker.
//!
//! The kind of a file is told by its suffix. What does not fit together is summed up on stderr.

mod about;
mod decoder;
mod index_files;
mod log_file;
mod options;
mod shown;
mod state_files;
mod summary;

use std::path::Path;

use super::CommandRow;
use crate::cli::{CommandError, Exit, Invocation, Output, SyntaxError};
use crate::fs::{Fs, OpenMode, RealFs};
use crate::types::Offset;

use index_files::{IndexFile, IndexView};
use log_file::View;
use options::Options;
use shown::Printer;
use summary::Summary;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "dump-log",
    script: Some("kafka-dump-log"),
    about: "Print log segments, indexes, snapshots and checkpoints",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// The largest snapshot or transaction index that is read.
const STATE_BYTES_MAX: u64 = 1 << 30;
/// The snapshot that a format step writes.
const BOOTSTRAP_CHECKPOINT: &str = "bootstrap.checkpoint";

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::from(error).hint(call.help_hint());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let files = options.files()?;
    let decoder = options.decoder()?;
    let view = View {
        depth: options.depth(),
        skip_record_metadata: options.skip_record_metadata,
        bytes_max: if options.max_bytes == i32::MAX {
            u64::MAX
        } else {
            u64::try_from(options.max_bytes).unwrap_or(0)
        },
        decoder,
    };
    let indexes = IndexView {
        verify_only: options.verify_index_only,
        sanity_only: options.index_sanity_check,
    };
    let mut summary = Summary::default();
    let mut exit = Exit::SUCCESS;
    for file in files {
        let mut printer = Printer::new(output, options.output.format, file);
        printer.heading(format!("Dumping {file}"))?;
        let is_known = dump(file, view, indexes, &mut printer, &mut summary)?;
        printer.end()?;
        if !is_known {
            output.note(format!("Ignoring unknown file {file}"));
            exit = Exit::FAILURE;
        }
    }
    summary.print(output);
    Ok(exit)
}

/// Prints one file; returns whether it is of a kind that is known.
fn dump(
    file: &str,
    view: View,
    indexes: IndexView,
    printer: &mut Printer<'_>,
    summary: &mut Summary,
) -> Result<bool, CommandError> {
    let path = Path::new(file);
    let suffix = path.extension().unwrap_or_default().to_string_lossy();
    let index = |base| IndexFile {
        fs: &RealFs,
        name: file,
        base,
    };
    let read = || {
        RealFs
            .read(path, STATE_BYTES_MAX)
            .map_err(|error| unreadable(file, &error))
    };
    match suffix.as_ref() {
        "log" => {
            printer.heading(format!("Log starting offset: {}", base_offset(path)?))?;
            dump_log(file, view, printer, summary)?;
        }
        "checkpoint" => {
            printer.heading(snapshot_heading(path)?)?;
            dump_log(file, view, printer, summary)?;
        }
        "index" => index(base_offset(path)?).dump_offsets(indexes, printer, summary)?,
        "timeindex" => index(base_offset(path)?).dump_times(indexes, printer, summary)?,
        "snapshot" => state_files::dump_producers(file, &read()?, printer)?,
        "txnindex" => state_files::dump_transactions(&read()?, printer)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn dump_log(
    file: &str,
    view: View,
    printer: &mut Printer<'_>,
    summary: &mut Summary,
) -> Result<(), CommandError> {
    let path = Path::new(file);
    let open = RealFs
        .open(path, OpenMode::Read)
        .map_err(|error| unreadable(file, &error))?;
    log_file::dump(path, open.as_ref(), view, printer, summary)
}

fn unreadable(file: &str, error: &std::io::Error) -> CommandError {
    CommandError::failed(format!("Unable to read {file}: {error}"))
}

/// Returns the number that a file's name begins with.
fn base_offset(path: &Path) -> Result<Offset, CommandError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let number = name.split('.').next().unwrap_or_default();
    number.parse().map(Offset).map_err(|_| {
        CommandError::failed(format!("For input string: \"{number}\"")).hint(format!(
            "The name of a segment's file is its first offset, as 00000000000000000000.log; {} is \
             none.",
            path.display()
        ))
    })
}

fn snapshot_heading(path: &Path) -> Result<String, CommandError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name == BOOTSTRAP_CHECKPOINT {
        return Ok("KRaft bootstrap snapshot".to_owned());
    }
    let parts = name
        .strip_suffix(".checkpoint")
        .and_then(|stem| stem.split_once('-'))
        .and_then(|(offset, epoch)| Some((offset.parse().ok()?, epoch.parse().ok()?)));
    let (offset, epoch): (u64, u32) = parts.ok_or_else(|| {
        CommandError::failed(format!("{name} is no name of a snapshot")).hint(
            "A snapshot of the metadata log is named by its end: \
             00000000000000000042-0000000003.checkpoint",
        )
    })?;
    Ok(format!("Snapshot end offset: {offset}, epoch: {epoch}"))
}
