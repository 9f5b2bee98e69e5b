//! `topics --list`.

use super::options::Options;
use super::select;
use crate::cli::{CommandError, Format, Output};
use crate::client::Admin;

/// Prints the names of the topics; without any, one empty line.
pub(super) async fn list(
    admin: &Admin,
    options: &Options,
    output: &mut Output,
) -> Result<(), CommandError> {
    let names = select(admin, options).await?;
    match options.output.format {
        Format::Text => output.line(names.join("\n")),
        Format::Json => output.json(&names),
        Format::Table => {
            let rows: Vec<_> = names.into_iter().map(|name| vec![name]).collect();
            output.table(&["TOPIC"], &rows)
        }
    }
}
