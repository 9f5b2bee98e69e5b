//! What a check found, as lines, as one JSON document, or as a table.

use serde_json::{Value, json};

use crate::cli::{CommandError, Exit, Format, Output};
use crate::storage::inspect::{Finding, Report, Severity};

/// Prints a report; the exit code tells whether anything is damaged.
pub(super) fn print(
    report: &Report,
    format: Format,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    match format {
        Format::Text => {
            for finding in &report.findings {
                output.line(finding_line(finding))?;
            }
            output.line(summary(report))?;
        }
        Format::Json => output.json(&document(report))?,
        Format::Table => {
            let rows: Vec<_> = report.findings.iter().map(row).collect();
            if !rows.is_empty() {
                let head = ["SEVERITY", "FILE", "POSITION", "OFFSET", "WHAT"];
                output.table(&head, &rows)?;
            }
            output.line(summary(report))?;
        }
    }
    Ok(if report.damaged() == 0 {
        Exit::SUCCESS
    } else {
        Exit::FAILURE
    })
}

const fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Damage => "damage",
        Severity::Note => "note",
    }
}

pub(in crate::commands) fn finding_line(finding: &Finding) -> String {
    let mut place = finding.path.display().to_string();
    if let Some(position) = finding.position {
        place = format!("{place} position {position}");
    }
    if let Some(offset) = finding.offset {
        place = format!("{place} offset {offset}");
    }
    format!("{}: {place}: {}", severity(finding), finding.what)
}

fn row(finding: &Finding) -> Vec<String> {
    let or_dash = |number: Option<String>| number.unwrap_or_else(|| "-".to_owned());
    vec![
        severity(finding).to_owned(),
        finding.path.display().to_string(),
        or_dash(finding.position.map(|position| position.to_string())),
        or_dash(finding.offset.map(|offset| offset.to_string())),
        finding.what.clone(),
    ]
}

fn summary(report: &Report) -> String {
    let totals = report.totals;
    let count = |number: u64, one: &str, more: &str| {
        let noun = if number == 1 { one } else { more };
        format!("{number} {noun}")
    };
    let damaged = u64::try_from(report.damaged()).unwrap_or(u64::MAX);
    let verdict = match damaged {
        0 => "no damage".to_owned(),
        number => format!("{} damaged", count(number, "place is", "places are")),
    };
    // What comes over the wire has no segments.
    let segments = match totals.segments {
        0 => String::new(),
        segments => format!("{}, ", count(segments, "segment", "segments")),
    };
    format!(
        "Checked {}, {segments}{}, {}, {}: {verdict}.",
        count(totals.partitions, "partition", "partitions"),
        count(totals.batches, "batch", "batches"),
        count(totals.records, "record", "records"),
        count(totals.bytes, "byte", "bytes"),
    )
}

fn document(report: &Report) -> Value {
    let of = |wanted: Severity| -> Vec<Value> {
        let findings = report.findings.iter();
        findings
            .filter(|finding| finding.severity == wanted)
            .map(|finding| {
                json!({
                    "file": finding.path,
                    "position": finding.position,
                    "offset": finding.offset.map(|offset| offset.0),
                    "what": finding.what,
                })
            })
            .collect()
    };
    let totals = report.totals;
    json!({
        "damage": of(Severity::Damage),
        "notes": of(Severity::Note),
        "partitions": totals.partitions,
        "segments": totals.segments,
        "batches": totals.batches,
        "records": totals.records,
        "bytes": totals.bytes,
    })
}
