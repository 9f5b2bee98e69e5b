//! Cuts: what recovery takes out of a log, after it was put aside.

use std::path::Path;
use std::sync::Arc;

use super::damage::put_aside;
use super::loader::Cut;
use super::recovery::Recovery;
use crate::fs::OpenMode;
use crate::storage::dir::LOG_SUFFIX;
use crate::storage::error::{AtPath, LoadError};
use crate::types::Offset;

impl Recovery<'_> {
    /// Cuts a segment, and takes all later ones away.
    pub(in crate::storage) fn cut_all(
        &mut self,
        path: &Path,
        (position, size, reason): (u64, u64, &str),
        next_offset: Offset,
        later: &[Offset],
    ) -> Result<Offset, LoadError> {
        // The last first: a crash in between leaves no gap.
        for later in later.iter().rev() {
            self.drop_segment(*later)?;
        }
        if position < size {
            self.cut(path, position, size, reason)?;
        }
        Ok(next_offset)
    }

    pub(in crate::storage) fn drop_segment(&mut self, base: Offset) -> Result<(), LoadError> {
        if self.is_gone(base) {
            return Ok(());
        }
        let size = self.file_bytes(base)?;
        if size > 0 {
            let path = self.log.segments.path(base, LOG_SUFFIX);
            self.cut(&path, 0, size, "it lies behind the log's end")?;
        }
        self.log.segments.remove(base)?;
        // For good: it must not come back when others have its offsets.
        Ok(self.log.sync_names()?)
    }

    /// Cuts a tail, after its bytes were put aside.
    fn cut(
        &mut self,
        path: &Path,
        position: u64,
        size: u64,
        reason: &str,
    ) -> Result<(), LoadError> {
        let fs = Arc::clone(&self.log.segments.fs);
        let file = fs.open(path, OpenMode::ReadWrite).at("open", path)?;
        let kept = put_aside(
            fs.as_ref(),
            file.as_ref(),
            path,
            (position, size),
            self.now_ms,
        )
        .at("put aside the tail of", path)?;
        file.set_bytes(position).at("cut", path)?;
        file.sync_all().at("sync", path)?;
        self.report.cuts.push(Cut {
            path: path.to_path_buf(),
            position,
            bytes: size - position,
            kept,
        });
        self.report.warnings.push(format!(
            "{}: {} bytes behind position {position} are cut ({reason}); they are kept aside",
            path.display(),
            size - position
        ));
        Ok(())
    }
}
