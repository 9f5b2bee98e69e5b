//! A record as one line of JSON, for `--output json`.
//!
//! `{"topic":..,"partition":..,"offset":..,"timestamp":..,"timestampType":..,"headers":[..],
//! "key":..,"value":..}`. Bytes that are not UTF-8 stand in base64 under `keyBase64`,
//! `valueBase64`; a null is null.

use serde_json::{Map, Value, json};

use crate::cli::base64;
use crate::client::consumer::ConsumerRecord;
use crate::record::TimestampType;

/// Returns the line of a record, without its line feed.
pub(super) fn line(
    topic: &str,
    partition: i32,
    kind: TimestampType,
    record: &ConsumerRecord<'_>,
) -> String {
    let mut object = Map::new();
    object.insert("topic".into(), topic.into());
    object.insert("partition".into(), partition.into());
    object.insert("offset".into(), record.offset.0.into());
    object.insert("timestamp".into(), record.timestamp.into());
    let kind = match kind {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    };
    object.insert("timestampType".into(), kind.into());
    let headers = record.headers.map(|(name, value)| {
        let mut header = Map::new();
        insert(&mut header, "key", Some(name));
        insert(&mut header, "value", value);
        Value::Object(header)
    });
    object.insert("headers".into(), headers.collect());
    insert(&mut object, "key", record.key);
    insert(&mut object, "value", record.value);
    json!(object).to_string()
}

fn insert(object: &mut Map<String, Value>, name: &str, bytes: Option<&[u8]>) {
    match bytes.map(|bytes| (bytes, std::str::from_utf8(bytes))) {
        None => object.insert(name.to_owned(), Value::Null),
        Some((_, Ok(text))) => object.insert(name.to_owned(), text.into()),
        Some((bytes, Err(_))) => object.insert(format!("{name}Base64"), base64(bytes).into()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Headers;
    use crate::types::Offset;

    #[test]
    fn bytes_that_are_no_text_stand_in_base64() {
        let record = ConsumerRecord {
            offset: Offset(7),
            timestamp: 9,
            key: None,
            value: Some(b"\xff"),
            headers: Headers::default(),
        };
        let expected = concat!(
            r#"{"topic":"t","partition":1,"offset":7,"timestamp":9,"timestampType":"CreateTime","#,
            r#""headers":[],"key":null,"valueBase64":"/w=="}"#
        );
        assert_eq!(line("t", 1, TimestampType::CreateTime, &record), expected);
    }
}
