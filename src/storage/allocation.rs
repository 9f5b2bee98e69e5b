//! Blocks that are allocated before they are written: large logs grow in steps, so that a flush
//! changes less of the file system; a small one that must go on has some to spare on a full disk.

use super::log::Log;

/// Blocks are allocated ahead from this size on.
const ALLOCATE_FROM: u64 = 1 << 20;
/// Steps in which they are.
const ALLOCATE_STEPS: [u64; 3] = [4 << 20, 16 << 20, 64 << 20];

impl Log {
    /// Sees to blocks for so many bytes more, and some to spare.
    pub(super) fn allocate_ahead(&mut self, bytes: u64) {
        let limit = self.config.segment_bytes;
        let active = self.segments.active_mut();
        let needed = active.bytes + bytes;
        let spare = self.config.spare_bytes;
        if needed < ALLOCATE_FROM && needed + spare / 2 > active.allocated && spare > 0 {
            let file = active.file.as_ref().expect("the active segment is open");
            // A full disk gives no more; what it gave before is there to be used.
            if file.allocate(active.bytes, bytes + spare).is_ok() {
                active.allocated = needed + spare;
            }
            return;
        }
        if needed < ALLOCATE_FROM || needed <= active.allocated || active.allocated == u64::MAX {
            return;
        }
        let step = ALLOCATE_STEPS
            .into_iter()
            .find(|step| active.allocated < *step);
        let until = (needed + step.unwrap_or(64 << 20)).min(limit.max(needed));
        let file = active.file.as_ref().expect("the active segment is open");
        active.allocated = match file.allocate(active.bytes, until - active.bytes) {
            Ok(()) => until,
            // Not every file system can, and a full one need not: writes go on without.
            Err(_) => u64::MAX,
        };
    }
}
