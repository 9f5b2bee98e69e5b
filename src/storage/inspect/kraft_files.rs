//! What KRaft keeps beside the metadata log's segments: snapshots, and `quorum-state`.
//!
//! A snapshot begins with a header record and ends with a footer: one without is torn. What the
//! metadata records mean is for the [`Guide`].

use std::io;
use std::path::Path;

use super::batch_check::check_frame;
use super::log_dirs::Guide;
use super::order::OffsetOrder;
use super::{CheckedFrame, Finding, Frame, FrameScan, Report};
use crate::fs::{Fs, OpenMode};
use crate::record::{ControlType, MAGIC, RecordBatch};
use crate::types::{LeaderEpoch, Offset};

/// Records of one batch of metadata decompress to at most this.
const METADATA_BYTES_MAX: usize = 256 << 20;
/// `quorum-state` is a line.
const QUORUM_STATE_BYTES_MAX: u64 = 1 << 20;

/// Where a metadata record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataPlace {
    /// In the newest snapshot: it makes the state at the snapshot's end.
    Snapshot,
    /// In the log, of which the part before `from` is in the newest snapshot.
    Log {
        /// The snapshot's end.
        from: Offset,
    },
    /// In a file that later ones stand for.
    Superseded,
}

/// Hands the records of a sound batch to the guide.
pub(super) fn metadata_records(
    frame: &Frame<'_>,
    place: MetadataPlace,
    guide: &mut dyn Guide,
) -> Result<(), String> {
    let batch = RecordBatch::parse(frame.bytes).map_err(|error| error.to_string())?;
    let header = batch.header();
    if header.attributes.is_control() {
        return Ok(());
    }
    let body = batch
        .decompressed_body(METADATA_BYTES_MAX)
        .map_err(|error| error.to_string())?;
    for record in batch.records(&body) {
        let record = record.map_err(|error| error.to_string())?;
        let offset = header.base_offset.plus(i64::from(record.offset_delta));
        let place = match place {
            MetadataPlace::Log { from } if offset < from => MetadataPlace::Superseded,
            place => place,
        };
        guide
            .metadata_record(place, offset, record.value.unwrap_or_default())
            .map_err(|error| format!("the metadata record at offset {offset}: {error}"))?;
    }
    Ok(())
}

/// Returns end offset and epoch of a snapshot's name.
pub(super) fn snapshot_name(name: &str) -> Option<(Offset, LeaderEpoch)> {
    let (offset, epoch) = name.strip_suffix(".checkpoint")?.split_once('-')?;
    Some((
        Offset(offset.parse().ok()?),
        LeaderEpoch(epoch.parse().ok()?),
    ))
}

/// Checks a snapshot, or the file of bootstrap records, which has the same form.
pub(super) fn check_snapshot(
    fs: &dyn Fs,
    path: &Path,
    place: MetadataPlace,
    report: &mut Report,
    guide: &mut dyn Guide,
) -> io::Result<()> {
    let file = fs.open(path, OpenMode::Read)?;
    let size = file.bytes()?;
    report.totals.bytes += size;
    guide.read_bytes(size);
    let mut scan = FrameScan::new(file.as_ref(), size);
    let mut order = OffsetOrder::beginning_at(Offset::ZERO);
    let mut last_control = None;
    let mut is_first = true;
    loop {
        let position = scan.position();
        let damage = |what: String| Finding::damage(path, what).at(position);
        let Some(frame) = scan.next_frame()? else {
            if position < size {
                let what = format!("the last {} bytes are no whole batch", size - position);
                report.add(damage(what));
                return Ok(());
            }
            break;
        };
        let checked = match check_frame(&frame) {
            // A snapshot's batches are of no epoch, or of that of their file.
            Ok(checked) => CheckedFrame {
                leader_epoch: None,
                ..checked
            },
            Err(reason) => {
                // What follows cannot be told apart from what was torn: there is no index here.
                report.add(damage(reason));
                return Ok(());
            }
        };
        report.totals.batches += 1;
        report.totals.records += checked.records;
        let misfit = order.follow(&checked);
        let gap = misfit.gap.map(|(first, until)| {
            format!(
                "offsets {first} to {} are missing before it",
                until.plus(-1)
            )
        });
        for what in misfit.wrong.into_iter().chain(gap) {
            report.add(damage(what).offset(checked.base_offset));
        }
        last_control = control_type(&frame);
        if is_first && last_control != Some(ControlType::SnapshotHeader) {
            report.add(damage(
                "it does not begin with a snapshot header".to_owned(),
            ));
        }
        is_first = false;
        if let Err(what) = metadata_records(&frame, place, guide) {
            report.add(damage(what).offset(checked.base_offset));
        }
    }
    if last_control != Some(ControlType::SnapshotFooter) {
        let what = "the footer is missing: the file was not written to its end";
        report.add(Finding::damage(path, what).at(size));
    }
    Ok(())
}

/// Returns the type of a control batch's first record.
fn control_type(frame: &Frame<'_>) -> Option<ControlType> {
    let batch = RecordBatch::parse(frame.bytes).ok()?;
    let header = batch.header();
    if header.magic != MAGIC || !header.attributes.is_control() {
        return None;
    }
    let record = batch.records(batch.body()).next()?.ok()?;
    ControlType::parse_key(record.key?)
}

/// Checks the state of the quorum.
pub(super) fn check_quorum_state(fs: &dyn Fs, path: &Path, report: &mut Report) {
    let content = match fs.read(path, QUORUM_STATE_BYTES_MAX) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return report.add(Finding::damage(path, error.to_string())),
    };
    report.totals.bytes += u64::try_from(content.len()).unwrap_or(0);
    let parsed = serde_json::from_slice::<serde_json::Value>(&content);
    let what = match parsed {
        Err(error) => format!("it is no JSON: {error}"),
        Ok(state) => {
            let version = state
                .get("data_version")
                .and_then(serde_json::Value::as_i64);
            let epoch = state.get("leaderEpoch").and_then(serde_json::Value::as_i64);
            match (version, epoch) {
                (Some(0 | 1), Some(0..)) => return,
                (Some(0 | 1), _) => "leaderEpoch is missing or negative".to_owned(),
                _ => "data_version is neither 0 nor 1".to_owned(),
            }
        }
    };
    report.add(Finding::damage(path, what));
}
