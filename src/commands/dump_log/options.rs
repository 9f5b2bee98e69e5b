//! The options of `dump-log`.

use super::decoder::Decoder;
use crate::cli::{CommandError, OutputOptions};

/// This tool helps to parse a log file and dump its contents to the console, useful for debugging
/// a seemingly corrupt log segment.
#[derive(Debug, clap::Parser)]
#[command(
    about = "This tool helps to parse a log file and dump its contents to the console, useful for \
             debugging a seemingly corrupt log segment."
)]
pub(super) struct Options {
    /// The files to be dumped, divided by commas; what they are is told by their suffixes.
    #[arg(long, value_name = "String: file1, file2, ...")]
    files: Option<String>,
    /// Print keys and values too; every decoder implies it.
    #[arg(long = "print-data-log")]
    print_data_log: bool,
    /// Print a line for each record.
    #[arg(long = "deep-iteration")]
    deep_iteration: bool,
    /// Leave out what is not key or value.
    #[arg(long = "skip-record-metadata")]
    pub(super) skip_record_metadata: bool,
    /// Size of the largest message; has no effect, since any size is read.
    #[arg(long = "max-message-size", value_name = "Integer: size", hide = true)]
    _max_message_size: Option<i32>,
    /// Stop after this many bytes of a .log file.
    #[arg(long = "max-bytes", value_name = "Integer: size", default_value_t = i32::MAX)]
    pub(super) max_bytes: i32,
    /// Check the indexes without printing them.
    #[arg(long = "verify-index-only")]
    pub(super) verify_index_only: bool,
    /// Only check the indexes as a broker does at its start.
    #[arg(long = "index-sanity-check")]
    pub(super) index_sanity_check: bool,
    /// What makes text of keys: a class of org.apache.kafka.tools.api, StringDecoder if absent.
    #[arg(long = "key-decoder-class", value_name = "String: class", num_args = 0..=1,
          default_missing_value = "org.apache.kafka.tools.api.StringDecoder")]
    key_decoder: Option<String>,
    /// What makes text of values: the same.
    #[arg(long = "value-decoder-class", value_name = "String: class", num_args = 0..=1,
          default_missing_value = "org.apache.kafka.tools.api.StringDecoder")]
    value_decoder: Option<String>,
    /// The file belongs to __consumer_offsets.
    #[arg(long = "offsets-decoder")]
    offsets: bool,
    /// The file belongs to __transaction_state.
    #[arg(long = "transaction-log-decoder")]
    transactions: bool,
    /// The file belongs to __cluster_metadata.
    #[arg(long = "cluster-metadata-decoder")]
    metadata: bool,
    /// The file belongs to __remote_log_metadata.
    #[arg(long = "remote-log-metadata-decoder")]
    remote_log_metadata: bool,
    /// The file belongs to __share_group_state.
    #[arg(long = "share-group-state-decoder")]
    share_groups: bool,
    #[command(flatten)]
    pub(super) output: OutputOptions,
}

/// How much of a record is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Depth {
    /// Batches alone.
    Batches,
    /// A line a record.
    Records,
    /// Keys and values as well.
    Contents,
}

impl Options {
    pub(super) fn files(&self) -> Result<Vec<&str>, CommandError> {
        match &self.files {
            Some(files) => Ok(files.split(',').collect()),
            None => Err(CommandError::usage(
                "Missing required argument \"[files]\"",
                &<Self as clap::CommandFactory>::command(),
            )),
        }
    }

    pub(super) const fn depth(&self) -> Depth {
        let decodes = self.offsets
            || self.transactions
            || self.metadata
            || self.remote_log_metadata
            || self.share_groups
            || self.key_decoder.is_some()
            || self.value_decoder.is_some();
        if self.print_data_log || decodes {
            Depth::Contents
        } else if self.deep_iteration {
            Depth::Records
        } else {
            Depth::Batches
        }
    }

    /// Returns what makes text of records: the first one that is asked for, in Kafka's order.
    pub(super) fn decoder(&self) -> Result<Decoder, CommandError> {
        Ok(if self.offsets {
            Decoder::Groups
        } else if self.transactions {
            Decoder::Transactions
        } else if self.metadata {
            Decoder::Metadata
        } else if self.remote_log_metadata {
            Decoder::RemoteLogMetadata
        } else if self.share_groups {
            Decoder::ShareGroups
        } else {
            Decoder::plain(self.key_decoder.as_deref(), self.value_decoder.as_deref())?
        })
    }
}
