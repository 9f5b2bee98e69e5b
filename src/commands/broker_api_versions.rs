//! `broker-api-versions` (BrokerApiVersionsCommand): which API versions each broker offers.

use serde::Serialize;

use super::CommandRow;
use super::admin_client::with_admin_and_settings;
use crate::cli::{
    CommandError, ConnectionOptions, Exit, Format, Invocation, Output, OutputOptions,
    PropertiesMap, SyntaxError,
};
use crate::client::{Admin, BrokerNode, BrokerVersions, ClientError, Target};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "broker-api-versions",
    script: Some("kafka-broker-api-versions"),
    about: "Print the API versions that each broker offers",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// How long the brokers may take to answer.
const TIMEOUT_MS: &str = "5000";

/// This tool helps to retrieve broker version information.
#[derive(Debug, clap::Parser)]
#[command(about = "This tool helps to retrieve broker version information.")]
struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// An API that the clients of Kafka 4.3.1 know.
struct KnownApi {
    key: i16,
    name: &'static str,
    min: i16,
    max: i16,
}

const fn known(key: i16, name: &'static str, min: i16, max: i16) -> KnownApi {
    KnownApi {
        key,
        name,
        min,
        max,
    }
}

/// The APIs of Kafka 4.3.1's clients, by key, with their stable versions (`ApiKeys`).
const KNOWN: &[KnownApi] = &[
    known(0, "Produce", 0, 13),
    known(1, "Fetch", 4, 18),
    known(2, "ListOffsets", 1, 11),
    known(3, "Metadata", 0, 13),
    known(8, "OffsetCommit", 2, 10),
    known(9, "OffsetFetch", 1, 10),
    known(10, "FindCoordinator", 0, 6),
    known(11, "JoinGroup", 0, 9),
    known(12, "Heartbeat", 0, 4),
    known(13, "LeaveGroup", 0, 5),
    known(14, "SyncGroup", 0, 5),
    known(15, "DescribeGroups", 0, 6),
    known(16, "ListGroups", 0, 5),
    known(17, "SaslHandshake", 0, 1),
    known(18, "ApiVersions", 0, 4),
    known(19, "CreateTopics", 2, 7),
    known(20, "DeleteTopics", 1, 6),
    known(21, "DeleteRecords", 0, 2),
    known(22, "InitProducerId", 0, 5),
    known(23, "OffsetForLeaderEpoch", 2, 4),
    known(24, "AddPartitionsToTxn", 0, 5),
    known(25, "AddOffsetsToTxn", 0, 4),
    known(26, "EndTxn", 0, 5),
    known(27, "WriteTxnMarkers", 1, 2),
    known(28, "TxnOffsetCommit", 0, 5),
    known(29, "DescribeAcls", 1, 3),
    known(30, "CreateAcls", 1, 3),
    known(31, "DeleteAcls", 1, 3),
    known(32, "DescribeConfigs", 1, 4),
    known(33, "AlterConfigs", 0, 2),
    known(34, "AlterReplicaLogDirs", 1, 2),
    known(35, "DescribeLogDirs", 1, 5),
    known(36, "SaslAuthenticate", 0, 2),
    known(37, "CreatePartitions", 0, 3),
    known(38, "CreateDelegationToken", 1, 3),
    known(39, "RenewDelegationToken", 1, 2),
    known(40, "ExpireDelegationToken", 1, 2),
    known(41, "DescribeDelegationToken", 1, 3),
    known(42, "DeleteGroups", 0, 2),
    known(43, "ElectLeaders", 0, 2),
    known(44, "IncrementalAlterConfigs", 0, 1),
    known(45, "AlterPartitionReassignments", 0, 1),
    known(46, "ListPartitionReassignments", 0, 0),
    known(47, "OffsetDelete", 0, 0),
    known(48, "DescribeClientQuotas", 0, 1),
    known(49, "AlterClientQuotas", 0, 1),
    known(50, "DescribeUserScramCredentials", 0, 0),
    known(51, "AlterUserScramCredentials", 0, 0),
    known(55, "DescribeQuorum", 0, 2),
    known(57, "UpdateFeatures", 0, 2),
    known(60, "DescribeCluster", 0, 2),
    known(61, "DescribeProducers", 0, 0),
    known(64, "UnregisterBroker", 0, 0),
    known(65, "DescribeTransactions", 0, 0),
    known(66, "ListTransactions", 0, 2),
    known(68, "ConsumerGroupHeartbeat", 0, 1),
    known(69, "ConsumerGroupDescribe", 0, 1),
    known(71, "GetTelemetrySubscriptions", 0, 0),
    known(72, "PushTelemetry", 0, 0),
    known(74, "ListConfigResources", 0, 1),
    known(75, "DescribeTopicPartitions", 0, 0),
    known(76, "ShareGroupHeartbeat", 1, 1),
    known(77, "ShareGroupDescribe", 1, 1),
    known(78, "ShareFetch", 1, 2),
    known(79, "ShareAcknowledge", 1, 2),
    known(80, "AddRaftVoter", 0, 1),
    known(81, "RemoveRaftVoter", 0, 0),
    known(83, "InitializeShareGroupState", 0, 0),
    known(84, "ReadShareGroupState", 0, 0),
    known(85, "WriteShareGroupState", 0, 1),
    known(86, "DeleteShareGroupState", 0, 0),
    known(87, "ReadShareGroupStateSummary", 0, 1),
    known(88, "StreamsGroupHeartbeat", 0, 0),
    known(89, "StreamsGroupDescribe", 0, 0),
    known(90, "DescribeShareGroupOffsets", 0, 1),
    known(91, "AlterShareGroupOffsets", 0, 0),
    known(92, "DeleteShareGroupOffsets", 0, 0),
];

/// An API of a broker, as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownApi {
    key: i16,
    name: Option<&'static str>,
    min: Option<i16>,
    max: Option<i16>,
    usable: Option<i16>,
}

/// A broker, as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownBroker {
    id: i32,
    host: String,
    port: u16,
    rack: Option<String>,
    is_fenced: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    apis: Vec<ShownApi>,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::from(error).hint(call.help_hint());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let more: PropertiesMap = ["default.api.timeout.ms", "request.timeout.ms"]
        .map(|key| (key.to_owned(), TIMEOUT_MS.to_owned()))
        .into();
    let connection = options.connection.clone();
    with_admin_and_settings(
        &connection,
        more,
        output,
        CommandError::failed,
        async |admin, output: &mut Output| print(&admin, &options, output).await,
    )
}

async fn print(
    admin: &Admin,
    options: &Options,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let brokers = brokers(admin).await?;
    let mut shown = Vec::new();
    for broker in brokers {
        let versions = admin.broker_versions(Target::Broker(broker.id)).await;
        shown.push(shown_broker(broker, versions));
    }
    match options.output.format {
        Format::Text => {
            for broker in &shown {
                output.line(block(broker))?;
            }
        }
        Format::Json => output.json(&shown)?,
        Format::Table => table(&shown, output)?,
    }
    let failed = shown.iter().any(|broker| broker.error.is_some());
    Ok(if failed { Exit::FAILURE } else { Exit::SUCCESS })
}

async fn brokers(admin: &Admin) -> Result<Vec<BrokerNode>, CommandError> {
    match admin.describe_cluster(false).await {
        Ok(cluster) => Ok(cluster.brokers),
        Err(error) => {
            let asked: Vec<_> = (1..)
                .zip(&admin.cluster().config().bootstrap)
                .map(|(index, node)| {
                    format!("{}:{} (id: -{index} rack: null)", node.host, node.port)
                })
                .collect();
            let sentence = format!("Request METADATA failed on brokers [{}]", asked.join(", "));
            Err(CommandError::failed(sentence).hint(error))
        }
    }
}

fn shown_broker(broker: BrokerNode, versions: Result<BrokerVersions, ClientError>) -> ShownBroker {
    let (apis, error) = match versions {
        Ok(versions) => (shown_apis(&versions), None),
        Err(error) => (Vec::new(), Some(error.java())),
    };
    ShownBroker {
        id: broker.id.0,
        host: broker.host,
        port: broker.port,
        rack: broker.rack,
        is_fenced: broker.fenced,
        error,
        apis,
    }
}

/// Returns the APIs that the client knows or the broker offers, by key.
fn shown_apis(versions: &BrokerVersions) -> Vec<ShownApi> {
    let mut shown: Vec<_> = KNOWN
        .iter()
        .map(|api| {
            let offered = versions.apis.get(&api.key).copied();
            let usable = offered
                .map(|(min, max)| (min.max(api.min), max.min(api.max)))
                .and_then(|(min, max)| (min <= max).then_some(max));
            ShownApi {
                key: api.key,
                name: Some(api.name),
                min: offered.map(|(min, _)| min),
                max: offered.map(|(_, max)| max),
                usable,
            }
        })
        .collect();
    for (key, (min, max)) in &versions.apis {
        if !KNOWN.iter().any(|api| api.key == *key) {
            let (min, max) = (Some(*min), Some(*max));
            shown.push(ShownApi {
                key: *key,
                name: None,
                min,
                max,
                usable: None,
            });
        }
    }
    shown.sort_by_key(|api| api.key);
    shown
}

/// Returns the lines about one broker.
fn block(broker: &ShownBroker) -> String {
    let rack = broker.rack.as_deref().unwrap_or("null");
    let head = format!(
        "{}:{} (id: {} rack: {rack} isFenced: {}) -> ",
        broker.host, broker.port, broker.id, broker.is_fenced
    );
    match &broker.error {
        Some(error) => format!("{head}ERROR: {error}"),
        None => {
            let lines: Vec<_> = broker.apis.iter().map(line).collect();
            format!("{head}(\n\t{}\n)", lines.join(",\n\t"))
        }
    }
}

fn line(api: &ShownApi) -> String {
    let name = api.name.unwrap_or("UNKNOWN");
    let range = match (api.min, api.max) {
        (Some(min), Some(max)) if min == max => min.to_string(),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        _ => return format!("{name}({}): UNSUPPORTED", api.key),
    };
    let own = KNOWN.iter().find(|known| known.key == api.key);
    let bracket = match (api.usable, own) {
        (Some(version), _) => format!(" [usable: {version}]"),
        (None, Some(own)) if api.min.is_some_and(|min| own.max < min) => {
            " [unusable: node too new]".to_owned()
        }
        (None, Some(_)) => " [unusable: node too old]".to_owned(),
        (None, None) => String::new(),
    };
    format!("{name}({}): {range}{bracket}", api.key)
}

fn table(brokers: &[ShownBroker], output: &mut Output) -> Result<(), CommandError> {
    let number = |number: Option<i16>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let mut rows = Vec::new();
    for broker in brokers {
        for api in &broker.apis {
            rows.push(vec![
                broker.id.to_string(),
                api.key.to_string(),
                api.name.unwrap_or("UNKNOWN").to_owned(),
                number(api.min),
                number(api.max),
                number(api.usable),
            ]);
        }
    }
    output.table(&["BROKER", "KEY", "API", "MIN", "MAX", "USABLE"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_tell_what_is_usable_and_why_not() {
        let mut versions = BrokerVersions::default();
        versions
            .apis
            .extend([(0, (0, 13)), (1, (99, 100)), (46, (0, 0)), (999, (0, 2))]);
        let shown: Vec<_> = shown_apis(&versions).iter().map(line).collect();
        for expected in [
            "Produce(0): 0 to 13 [usable: 13]",
            "Fetch(1): 99 to 100 [unusable: node too new]",
            "ListPartitionReassignments(46): 0 [usable: 0]",
            "Metadata(3): UNSUPPORTED",
            "UNKNOWN(999): 0 to 2",
        ] {
            assert!(
                shown.iter().any(|line| line == expected),
                "{expected}: {shown:?}"
            );
        }
    }
}
