//! `consumer-groups --delete`: groups without members, and all that they have committed.

use serde_json::json;

use super::options::Options;
use super::{call_failed, groups};
use crate::cli::{CommandError, Exit, Format, Output};
use crate::client::{Admin, ClientError};

pub(super) async fn run(
    admin: &Admin,
    options: &Options,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let groups = groups(admin, options).await?;
    let results = admin.delete_consumer_groups(&groups).await;
    let results = results.map_err(call_failed)?;
    let failures: Vec<(&String, &ClientError)> = results
        .iter()
        .filter_map(|(group, result)| Some((group, result.as_ref().err()?)))
        .collect();
    let done: Vec<String> = results
        .iter()
        .filter(|(_, result)| result.is_ok())
        .map(|(group, _)| format!("'{group}'"))
        .collect();
    let done = done.join(", ");
    let error = |result: &Result<(), ClientError>| result.as_ref().err().map(ClientError::java);
    match options.output.format {
        Format::Json => {
            let rows = results
                .iter()
                .map(|(group, result)| json!({"group": group, "error": error(result)}));
            output.json(&rows.collect::<Vec<_>>())?;
        }
        Format::Table => {
            let rows = results.iter().map(|(group, result)| {
                let outcome = error(result).unwrap_or_else(|| "deleted".to_owned());
                vec![group.clone(), outcome]
            });
            output.table(&["GROUP", "RESULT"], &rows.collect::<Vec<_>>())?;
        }
        Format::Text if failures.is_empty() => {
            output.line(format!(
                "Deletion of requested consumer groups ({done}) was successful."
            ))?;
        }
        Format::Text => {
            super::print_error(output, "Deletion of some consumer groups failed:")?;
            for (group, error) in &failures {
                output.line(format!(
                    "* Group '{group}' could not be deleted due to: {}",
                    error.java()
                ))?;
            }
            if !done.is_empty() {
                output.line(format!(
                    "\nThese consumer groups were deleted successfully: {done}"
                ))?;
            }
        }
    }
    Ok(if failures.is_empty() {
        Exit::SUCCESS
    } else {
        Exit::FAILURE
    })
}
