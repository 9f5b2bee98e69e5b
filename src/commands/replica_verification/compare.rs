//! What replicas of a partition have, held against each other, batch by batch.
//!
//! Only what all of them have, below each one's high watermark, is compared.

use crate::record::{Batches, RecordBatch};
use crate::types::{BrokerId, Offset};

/// What is compared of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    last_offset: Offset,
    checksum: u32,
}

/// What one replica has from an offset on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replica {
    pub(super) broker: BrokerId,
    pub(super) high_watermark: Offset,
    marks: Vec<Mark>,
}

impl Replica {
    /// Returns what a broker's answer holds; a batch that is cut is left out.
    pub(super) fn new(broker: BrokerId, high_watermark: Offset, records: &[u8]) -> Self {
        let mark = |batch: RecordBatch<'_>| Mark {
            last_offset: batch.header().last_offset(),
            checksum: batch.header().crc,
        };
        let marks = Batches::new(records).map_while(Result::ok).map(mark);
        Self {
            broker,
            high_watermark,
            marks: marks.collect(),
        }
    }
}

/// Two replicas that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// They have batches of different offsets at one place.
    Offsets {
        first: (BrokerId, Offset),
        second: (BrokerId, Offset),
    },
    /// They have different bytes at one offset.
    Checksums {
        offset: Offset,
        first: (BrokerId, u32),
        second: (BrokerId, u32),
    },
}

/// Compares what came from each replica; returns how far they were compared, and the differences.
/// Different offsets end the comparison.
pub(super) fn compare(from: Offset, replicas: &[Replica]) -> (Offset, Vec<Difference>) {
    let mut next = from;
    let mut differences = Vec::new();
    let Some((first, others)) = replicas.split_first() else {
        return (next, differences);
    };
    for (place, mark) in first.marks.iter().enumerate() {
        let is_committed =
            |replica: &Replica, mark: &Mark| mark.last_offset < replica.high_watermark;
        if !is_committed(first, mark) {
            break;
        }
        for other in others {
            let there = other.marks.get(place);
            let Some(there) = there.filter(|mark| is_committed(other, mark)) else {
                return (next, differences);
            };
            if there.last_offset != mark.last_offset {
                differences.push(Difference::Offsets {
                    first: (first.broker, mark.last_offset),
                    second: (other.broker, there.last_offset),
                });
                return (next, differences);
            }
            if there.checksum != mark.checksum {
                differences.push(Difference::Checksums {
                    offset: mark.last_offset,
                    first: (first.broker, mark.checksum),
                    second: (other.broker, there.checksum),
                });
            }
        }
        next = mark.last_offset.plus(1);
    }
    (next, differences)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica(id: i32, high_watermark: i64, marks: &[(i64, u32)]) -> Replica {
        let mark = |(offset, checksum): &(i64, u32)| Mark {
            last_offset: Offset(*offset),
            checksum: *checksum,
        };
        Replica {
            broker: BrokerId(id),
            high_watermark: Offset(high_watermark),
            marks: marks.iter().map(mark).collect(),
        }
    }

    #[test]
    fn what_all_have_below_the_high_watermark_is_compared() {
        let all = [
            replica(1, 10, &[(3, 7), (5, 8), (9, 9)]),
            replica(2, 10, &[(3, 7), (5, 8)]),
        ];
        assert_eq!(compare(Offset(0), &all), (Offset(6), vec![]));
        let behind = [replica(1, 10, &[(3, 7)]), replica(2, 3, &[(3, 7)])];
        assert_eq!(compare(Offset(0), &behind), (Offset(0), vec![]));
        let alone = [replica(1, 10, &[(3, 7)])];
        assert_eq!(compare(Offset(0), &alone), (Offset(4), vec![]));
        assert_eq!(compare(Offset(2), &[]), (Offset(2), vec![]));
    }

    #[test]
    fn different_bytes_are_told_and_different_offsets_end_it() {
        let bytes = [
            replica(1, 10, &[(3, 7), (5, 8)]),
            replica(2, 10, &[(3, 6), (5, 8)]),
        ];
        let difference = Difference::Checksums {
            offset: Offset(3),
            first: (BrokerId(1), 7),
            second: (BrokerId(2), 6),
        };
        assert_eq!(compare(Offset(0), &bytes), (Offset(6), vec![difference]));
        let offsets = [
            replica(1, 10, &[(3, 7), (5, 8)]),
            replica(2, 10, &[(4, 7), (5, 8)]),
        ];
        let difference = Difference::Offsets {
            first: (BrokerId(1), Offset(3)),
            second: (BrokerId(2), Offset(4)),
        };
        assert_eq!(compare(Offset(0), &offsets), (Offset(0), vec![difference]));
    }
}
