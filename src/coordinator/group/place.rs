//! Which partition of `__consumer_offsets` holds a group.

/// Returns the partition of a group: Java's `hashCode` of its id, without the sign, over the
/// partitions.
#[must_use]
pub fn partition_for(group: &str, partitions: i32) -> i32 {
    let hash = group.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    // Utils.abs: the least number has no opposite.
    let hash = if hash == i32::MIN { 0 } else { hash.abs() };
    hash % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_lie_where_apache_kafka_puts_them() {
        // The hash of this text is the least number.
        assert_eq!(partition_for("polygenelubricants", 50), 0);
        assert_eq!(partition_for("", 50), 0);
        assert_eq!(partition_for("a", 50), 47);
        assert_eq!(partition_for("g1", 50), (103 * 31 + 49) % 50);
    }
}
