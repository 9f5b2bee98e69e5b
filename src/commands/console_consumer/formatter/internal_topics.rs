//! Records of Kafka's own topics as compact JSON, without line feeds between, as Kafka prints them:
//! `OffsetsMessageFormatter`, `GroupMetadataMessageFormatter`, `TransactionLogMessageFormatter`.
//!
//! A key begins with its type in two bytes: 0 and 1 are commits, 2 is a group; in the transaction
//! log 0 is a transaction. A value begins with its version. Records of another kind print nothing.

use serde_json::{Map, Value, json};

use super::ShownRecord;
use crate::cli::base64;

/// Which records are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum InternalTopicFormatter {
    /// Committed offsets.
    Offsets,
    /// Classic groups.
    Groups,
    /// Transactions.
    Transactions,
}

impl InternalTopicFormatter {
    pub(super) fn write(self, record: &ShownRecord<'_>, out: &mut Vec<u8>) {
        let key = record.key.and_then(|bytes| self.key(bytes));
        let Some(key) = key.or_else(|| record.key.is_none().then_some(Value::Null)) else {
            return;
        };
        let value = record.value.map_or(Value::Null, |bytes| self.value(bytes));
        out.extend_from_slice(format!("{{\"key\":{key},\"value\":{value}}}").as_bytes());
    }

    /// Returns the key's JSON, `None` if it is of another kind.
    fn key(self, bytes: &[u8]) -> Option<Value> {
        let mut input = Input::new(bytes);
        let kind = input.short()?;
        let data = match (self, kind) {
            (Self::Offsets, 0 | 1) => json!({
                "group": input.string()?,
                "topic": input.string()?,
                "partition": input.int()?,
            }),
            (Self::Groups, 2) => json!({ "group": input.string()? }),
            (Self::Transactions, 0) => json!({ "transactionalId": input.string()? }),
            _ => return None,
        };
        Some(json!({ "type": kind, "data": data }))
    }

    /// Returns the value's JSON; `unknown` stands for a version that is not known.
    fn value(self, bytes: &[u8]) -> Value {
        let mut input = Input::new(bytes);
        let Some(version) = input.short() else {
            return Value::Null;
        };
        let data = match self {
            Self::Offsets => offset_commit(version, &mut input),
            Self::Groups => group_metadata(version, &mut input),
            Self::Transactions => transaction(version, &mut input),
        };
        json!({ "version": version, "data": data.unwrap_or_else(|| "unknown".into()) })
    }
}

fn offset_commit(version: i16, input: &mut Input<'_>) -> Option<Value> {
    input.compact = version >= 4;
    if !(0..=4).contains(&version) {
        return None;
    }
    let mut data = Map::new();
    data.insert("offset".into(), input.long()?.into());
    if version >= 3 {
        data.insert("leaderEpoch".into(), input.int()?.into());
    }
    data.insert("metadata".into(), input.string()?.into());
    data.insert("commitTimestamp".into(), input.long()?.into());
    if version == 1 {
        data.insert("expireTimestamp".into(), input.long()?.into());
    }
    if version >= 4 {
        for (tag, bytes) in input.tagged()? {
            if let (0, Ok(id)) = (tag, <[u8; 16]>::try_from(bytes)) {
                let id = crate::types::Uuid::from_bytes(id).to_string();
                data.insert("topicId".into(), id.into());
            }
        }
    }
    Some(Value::Object(data))
}

fn group_metadata(version: i16, input: &mut Input<'_>) -> Option<Value> {
    input.compact = version >= 4;
    if !(0..=4).contains(&version) {
        return None;
    }
    let mut data = Map::new();
    data.insert("protocolType".into(), input.string()?.into());
    data.insert("generation".into(), input.int()?.into());
    data.insert("protocol".into(), input.nullable_string()?.into());
    data.insert("leader".into(), input.nullable_string()?.into());
    if version >= 2 {
        data.insert("currentStateTimestamp".into(), input.long()?.into());
    }
    let mut members = Vec::new();
    for _ in 0..input.count()? {
        let mut member = Map::new();
        member.insert("memberId".into(), input.string()?.into());
        if version >= 3 {
            member.insert("groupInstanceId".into(), input.nullable_string()?.into());
        }
        member.insert("clientId".into(), input.string()?.into());
        member.insert("clientHost".into(), input.string()?.into());
        if version >= 1 {
            member.insert("rebalanceTimeout".into(), input.int()?.into());
        }
        member.insert("sessionTimeout".into(), input.int()?.into());
        member.insert("subscription".into(), input.base64()?.into());
        member.insert("assignment".into(), input.base64()?.into());
        if version >= 4 {
            input.tagged()?;
        }
        members.push(Value::Object(member));
    }
    data.insert("members".into(), members.into());
    Some(Value::Object(data))
}

fn transaction(version: i16, input: &mut Input<'_>) -> Option<Value> {
    input.compact = version >= 1;
    if !(0..=1).contains(&version) {
        return None;
    }
    let mut data = Map::new();
    data.insert("producerId".into(), input.long()?.into());
    let epoch = input.short()?;
    let timeout = input.int()?;
    let status = input.byte()?;
    let partitions = match input.nullable_count()? {
        None => Value::Null,
        Some(count) => {
            let mut topics = Vec::new();
            for _ in 0..count {
                let topic = input.string()?;
                let mut ids = Vec::new();
                for _ in 0..input.count()? {
                    ids.push(input.int()?);
                }
                if version >= 1 {
                    input.tagged()?;
                }
                topics.push(json!({ "topic": topic, "partitionIds": ids }));
            }
            topics.into()
        }
    };
    let (updated, started) = (input.long()?, input.long()?);
    let tags = if version >= 1 {
        input.tagged()?
    } else {
        Vec::new()
    };
    let tag = |wanted: u32| {
        tags.iter()
            .find(|(tag, _)| *tag == wanted)
            .map(|(_, bytes)| *bytes)
    };
    let long = |bytes: &[u8]| Some(i64::from_be_bytes(bytes.try_into().ok()?));
    if let Some(previous) = tag(0).and_then(long) {
        data.insert("previousProducerId".into(), previous.into());
    }
    if let Some(next) = tag(1).and_then(long) {
        data.insert("nextProducerId".into(), next.into());
    }
    data.insert("producerEpoch".into(), epoch.into());
    if let Some(next) = tag(3).and_then(|bytes| Some(i16::from_be_bytes(bytes.try_into().ok()?))) {
        data.insert("nextProducerEpoch".into(), next.into());
    }
    data.insert("transactionTimeoutMs".into(), timeout.into());
    data.insert("transactionStatus".into(), status.into());
    data.insert("transactionPartitions".into(), partitions);
    data.insert("transactionLastUpdateTimestampMs".into(), updated.into());
    data.insert("transactionStartTimestampMs".into(), started.into());
    if let Some(version) = tag(2).and_then(|bytes| Some(i16::from_be_bytes(bytes.try_into().ok()?)))
        && version != 0
    {
        data.insert("clientTransactionVersion".into(), version.into());
    }
    Some(Value::Object(data))
}

/// Reads fields; every answer is `None` where the bytes end too early.
struct Input<'b> {
    rest: &'b [u8],
    /// Whether lengths are unsigned varints, one more than the length.
    compact: bool,
}

impl<'b> Input<'b> {
    const fn new(bytes: &'b [u8]) -> Self {
        Self {
            rest: bytes,
            compact: false,
        }
    }

    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<i8> {
        self.fixed().map(i8::from_be_bytes)
    }

    fn short(&mut self) -> Option<i16> {
        self.fixed().map(i16::from_be_bytes)
    }

    fn int(&mut self) -> Option<i32> {
        self.fixed().map(i32::from_be_bytes)
    }

    fn long(&mut self) -> Option<i64> {
        self.fixed().map(i64::from_be_bytes)
    }

    fn varint(&mut self) -> Option<u32> {
        let mut number = 0_u32;
        for shift in (0..35).step_by(7) {
            let byte = u32::from(self.fixed::<1>()?[0]);
            number |= (byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Returns a length, or `Some(None)` for null.
    fn length(&mut self, fixed: impl FnOnce(&mut Self) -> Option<i32>) -> Option<Option<usize>> {
        if self.compact {
            let length = self.varint()?;
            return Some(usize::try_from(length).ok()?.checked_sub(1));
        }
        let length = fixed(self)?;
        Some(usize::try_from(length).ok())
    }

    fn nullable_string(&mut self) -> Option<Option<String>> {
        let length = self.length(|input| input.short().map(i32::from))?;
        let Some(length) = length else {
            return Some(None);
        };
        let bytes = self.take(length)?;
        Some(Some(String::from_utf8_lossy(bytes).into_owned()))
    }

    fn string(&mut self) -> Option<String> {
        self.nullable_string()?
    }

    fn base64(&mut self) -> Option<String> {
        let length = self.length(Self::int)??;
        self.take(length).map(base64)
    }

    fn nullable_count(&mut self) -> Option<Option<usize>> {
        let count = self.length(Self::int)?;
        // Each element takes a byte at least.
        count
            .is_none_or(|count| count <= self.rest.len())
            .then_some(count)
    }

    fn count(&mut self) -> Option<usize> {
        self.nullable_count()?
    }

    fn tagged(&mut self) -> Option<Vec<(u32, &'b [u8])>> {
        let mut fields = Vec::new();
        for _ in 0..self.varint()? {
            let tag = self.varint()?;
            let length = usize::try_from(self.varint()?).ok()?;
            fields.push((tag, self.take(length)?));
        }
        Some(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Timestamp;
    use super::*;

    fn shown(
        formatter: InternalTopicFormatter,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> String {
        let record = ShownRecord {
            topic: "t",
            partition: 0,
            offset: 0,
            timestamp: Timestamp::None,
            key,
            value,
            headers: crate::record::Headers::default(),
        };
        let mut out = Vec::new();
        formatter.write(&record, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn commit_key() -> Vec<u8> {
        [&[0, 1, 0, 1][..], b"g", &[0, 1], b"t", &[0, 0, 0, 1]].concat()
    }

    #[test]
    fn a_commit_is_shown_as_kafka_shows_it() {
        let mut value = vec![0, 4];
        value.extend_from_slice(&5_i64.to_be_bytes());
        value.extend_from_slice(&(-1_i32).to_be_bytes());
        value.push(1);
        value.extend_from_slice(&99_i64.to_be_bytes());
        value.extend_from_slice(&[1, 0, 16]);
        value.extend_from_slice(&crate::types::Uuid::METADATA_TOPIC.to_bytes());
        let expected = concat!(
            r#"{"key":{"type":1,"data":{"group":"g","topic":"t","partition":1}},"#,
            r#""value":{"version":4,"data":{"offset":5,"leaderEpoch":-1,"metadata":"","#,
            r#""commitTimestamp":99,"topicId":"AAAAAAAAAAAAAAAAAAAAAQ"}}}"#
        );
        let key = commit_key();
        let text = shown(InternalTopicFormatter::Offsets, Some(&key), Some(&value));
        assert_eq!(text, expected);
    }

    #[test]
    fn other_kinds_print_nothing_and_nulls_are_null() {
        let key = commit_key();
        assert_eq!(shown(InternalTopicFormatter::Groups, Some(&key), None), "");
        let text = shown(InternalTopicFormatter::Offsets, Some(&key), None);
        assert!(text.ends_with("\"value\":null}"), "{text}");
        let text = shown(InternalTopicFormatter::Offsets, Some(&key), Some(&[0, 9]));
        assert!(
            text.ends_with(r#""value":{"version":9,"data":"unknown"}}"#),
            "{text}"
        );
    }

    #[test]
    fn a_group_without_members() {
        let key = [&[0, 2, 0, 1][..], b"g"].concat();
        let mut value = vec![0, 3];
        value.extend_from_slice(&[0, 8]);
        value.extend_from_slice(b"consumer");
        value.extend_from_slice(&1_i32.to_be_bytes());
        value.extend_from_slice(&[0, 5]);
        value.extend_from_slice(b"range");
        value.extend_from_slice(&[0, 1]);
        value.extend_from_slice(b"l");
        value.extend_from_slice(&(-1_i64).to_be_bytes());
        value.extend_from_slice(&0_i32.to_be_bytes());
        let expected = concat!(
            r#"{"key":{"type":2,"data":{"group":"g"}},"value":{"version":3,"data":{"#,
            r#""protocolType":"consumer","generation":1,"protocol":"range","leader":"l","#,
            r#""currentStateTimestamp":-1,"members":[]}}}"#
        );
        assert_eq!(
            shown(InternalTopicFormatter::Groups, Some(&key), Some(&value)),
            expected
        );
    }
}
