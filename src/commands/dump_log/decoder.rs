//! Makes text of a record's key and value.

use serde_json::{Value, json};

use crate::cli::CommandError;
use crate::coordinator::group::GroupRecord;
use crate::coordinator::share::ShareRecord;
use crate::coordinator::transaction::TransactionRecord;
use crate::coordinator::{KeyedRecordError, group_protocol};
use crate::metadata::MetadataRecord;
use crate::types::Offset;

/// What stands for a value that takes its key away.
const DELETE: &str = "<DELETE>";

/// What makes text of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoder {
    /// Bytes by the two classes.
    Plain { key: Plain, value: Plain },
    /// Records of `__consumer_offsets`.
    Groups,
    /// Records of `__transaction_state`.
    Transactions,
    /// Records of the metadata log.
    Metadata,
    /// Records of `__remote_log_metadata`.
    RemoteLogMetadata,
    /// Records of `__share_group_state`.
    ShareGroups,
}

/// What makes text of bytes (the classes of `org.apache.kafka.tools.api`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    /// UTF-8.
    Text,
    /// The bytes themselves.
    Bytes,
    /// Four bytes, big-endian.
    Integer,
    /// Eight bytes, big-endian.
    Long,
}

/// A key or a value, made text.
pub(super) type Decoded = Option<Value>;

impl Decoder {
    pub(super) fn plain(key: Option<&str>, value: Option<&str>) -> Result<Self, CommandError> {
        Ok(Self::Plain {
            key: Plain::of(key)?,
            value: Plain::of(value)?,
        })
    }

    /// Returns key and value; what cannot be decoded is told in the value's place.
    pub(super) fn decode(
        self,
        offset: Offset,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<(Decoded, Decoded), CommandError> {
        match self {
            Self::Plain {
                key: as_key,
                value: as_value,
            } => {
                let key = key.map(|bytes| as_key.decode(bytes)).transpose()?;
                Ok((key, value.map(|bytes| as_value.decode(bytes)).transpose()?))
            }
            Self::Metadata => Ok((None, value.map(|bytes| metadata(offset, bytes)))),
            Self::RemoteLogMetadata => {
                let value = value.map(|bytes| remote_log_metadata(offset, bytes));
                Ok((None, value))
            }
            Self::Groups => keyed(offset, key, value, |key, value| {
                let (record, version) = GroupRecord::decode(key, value)?;
                let shown = version.and_then(|version| record.value_json(version));
                let shown = match &record {
                    GroupRecord::GroupMetadata(_, Some(group)) => {
                        shown.map(|data| group_protocol::decode_members(data, group))
                    }
                    _ => shown,
                };
                Ok((
                    record.number(),
                    record.key_json(),
                    versioned(version, shown),
                ))
            }),
            Self::Transactions => keyed(offset, key, value, |key, value| {
                let (record, version) = TransactionRecord::decode(key, value)?;
                let shown = version.and_then(|version| record.value_json(version));
                Ok((
                    record.number(),
                    record.key_json(),
                    versioned(version, shown),
                ))
            }),
            Self::ShareGroups => keyed(offset, key, value, |key, value| {
                let (record, version) = ShareRecord::decode(key, value)?;
                let shown = version.and_then(|version| record.value_json(version));
                Ok((
                    record.number(),
                    record.key_json(),
                    versioned(version, shown),
                ))
            }),
        }
    }
}

/// A record's type, its key, and its value with the number before it.
type Keyed = (i16, Value, Option<Value>);

fn versioned(version: Option<i16>, data: Option<Value>) -> Option<Value> {
    Some(json!({ "version": version?.to_string(), "data": data? }))
}

fn keyed(
    offset: Offset,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    decode: impl FnOnce(&[u8], Option<&[u8]>) -> Result<Keyed, KeyedRecordError>,
) -> Result<(Decoded, Decoded), CommandError> {
    let Some(key) = key else {
        return Err(CommandError::failed(format!(
            "Failed to decode message at offset {offset} using the decoder (message had a missing \
             key)"
        )));
    };
    match decode(key, value) {
        Ok((number, key, value)) => {
            let key = json!({ "type": number.to_string(), "data": key });
            Ok((Some(key), Some(value.unwrap_or_else(|| DELETE.into()))))
        }
        Err(KeyedRecordError::UnknownType(number)) => {
            let text = format!("Unknown record type {number} at offset {offset}, skipping.");
            Ok((Some(text.into()), None))
        }
        Err(error) => {
            let text = format!("Error at offset {offset}, skipping. {error}");
            Ok((Some(text.into()), None))
        }
    }
}

fn metadata(offset: Offset, bytes: &[u8]) -> Value {
    match MetadataRecord::decode_version(bytes) {
        Ok((record, version)) => record.to_json(version),
        Err(error) => format!("Error at {offset}, skipping. {error}").into(),
    }
}

fn remote_log_metadata(offset: Offset, bytes: &[u8]) -> Value {
    match crate::metadata::remote_log::to_json(bytes) {
        Ok(value) => value,
        Err(error) => format!("Error at offset {offset}, skipping. {error}").into(),
    }
}

impl Plain {
    fn of(class: Option<&str>) -> Result<Self, CommandError> {
        let Some(class) = class else {
            return Ok(Self::Text);
        };
        // The package was kafka.serializer before 4.0.
        let name = class
            .strip_prefix("org.apache.kafka.tools.api.")
            .or_else(|| class.strip_prefix("kafka.serializer."));
        match name {
            Some("StringDecoder") => Ok(Self::Text),
            Some("DefaultDecoder") => Ok(Self::Bytes),
            Some("IntegerDecoder") => Ok(Self::Integer),
            Some("LongDecoder") => Ok(Self::Long),
            _ => Err(
                CommandError::failed(format!("Failed to load decoder class {class}")).hint(
                    "kt knows StringDecoder, DefaultDecoder, IntegerDecoder and LongDecoder of \
                 org.apache.kafka.tools.api.",
                ),
            ),
        }
    }

    fn decode(self, bytes: &[u8]) -> Result<Value, CommandError> {
        let wrong = |kind: &str, size: usize| {
            CommandError::failed(format!(
                "A value of {} bytes is no {kind}, which has {size}",
                bytes.len()
            ))
        };
        Ok(match self {
            Self::Text => String::from_utf8_lossy(bytes).into(),
            Self::Bytes => bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
                .into(),
            Self::Integer => {
                let bytes = bytes.try_into().map_err(|_| wrong("integer", 4))?;
                i32::from_be_bytes(bytes).into()
            }
            Self::Long => {
                let bytes = bytes.try_into().map_err(|_| wrong("long", 8))?;
                i64::from_be_bytes(bytes).into()
            }
        })
    }
}
