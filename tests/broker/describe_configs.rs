//! `describe_configs`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::DescribeConfigsRequest;
use kt::protocol::messages::describe_configs_request::DescribeConfigsResource;
use kt::protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};

use crate::harness::{TestBroker, code, text, versions};

pub(crate) const TOPIC: i8 = 2;
pub(crate) const BROKER: i8 = 4;
const LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;

/// What a request asks to be told beside the values.
const EVERYTHING: (bool, bool) = (true, true);

fn describe(
    broker: &TestBroker,
    version: i16,
    (kind, name): (i8, &str),
    keys: Option<&[&str]>,
    (synonyms, documentation): (bool, bool),
) -> DescribeConfigsResult {
    let keys = keys.map(|keys| keys.iter().map(|key| text(key)).collect());
    let resource = DescribeConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(text(name))
        .with_configuration_keys(keys);
    let mut request = DescribeConfigsRequest::default()
        .with_resources(vec![resource])
        .with_include_synonyms(synonyms);
    request.include_documentation = documentation && version >= 3;
    let mut results = broker.call(version, &request).results;
    let result = results.remove(0);
    assert_eq!(
        (result.resource_type, result.resource_name.as_str()),
        (kind, name)
    );
    result
}

/// Returns the value in force of a topic's key.
pub(crate) fn topic_value(broker: &TestBroker, name: &str, key: &str) -> String {
    let result = describe(broker, 4, (TOPIC, name), Some(&[key]), (false, false));
    result.configs[0].value.as_ref().unwrap().to_string()
}

/// Returns `key=value source`, with the synonyms as `key=value source` each.
fn line(config: &DescribeConfigsResourceResult) -> String {
    let value = |value: &Option<kt::protocol::messages::StrBytes>| {
        value
            .as_ref()
            .map_or("null".to_owned(), |value| value.to_string())
    };
    let synonyms = config.synonyms.iter().map(|synonym| {
        format!(
            " {}={} {}",
            synonym.name,
            value(&synonym.value),
            synonym.source
        )
    });
    let synonyms: Vec<String> = synonyms.collect();
    let own = format!(
        "{}={} {}",
        config.name,
        value(&config.value),
        config.config_source
    );
    format!("{own};{}", synonyms.join(","))
}

fn lines(result: &DescribeConfigsResult) -> Vec<String> {
    assert_eq!(
        (result.error_code, result.error_message.as_deref()),
        (0, Some(""))
    );
    result.configs.iter().map(line).collect()
}

#[test]
fn every_version_describes_a_topic() {
    let broker = TestBroker::start_with(&[("log.retention.hours", "2")]);
    broker.create_topic("t", 1, &[("cleanup.policy", "compact, delete")]);
    let keys = [
        "segment.bytes",
        "cleanup.policy",
        "nope",
        "retention.ms",
        "flush.ms",
    ];
    for version in versions::<DescribeConfigsRequest>() {
        let result = describe(&broker, version, (TOPIC, "t"), Some(&keys), EVERYTHING);
        assert_eq!(
            lines(&result),
            [
                "cleanup.policy=compact,delete 1; cleanup.policy=compact,delete 1, \
                 log.cleanup.policy=delete 5",
                "flush.ms=9223372036854775807 5;",
                "retention.ms=7200000 5;",
                "segment.bytes=1073741824 5; log.segment.bytes=1073741824 5",
            ]
        );
        for config in &result.configs {
            assert!(!config.read_only && !config.is_sensitive);
            let documentation = config.documentation.as_deref().unwrap();
            assert_eq!(documentation.is_empty(), version < 3);
        }
        let types: Vec<i8> = result
            .configs
            .iter()
            .map(|config| config.config_type)
            .collect();
        assert_eq!(types, if version >= 3 { [7, 5, 5, 3] } else { [0; 4] });
    }
}

#[test]
fn synonyms_and_documentation_are_told_if_asked_for() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let result = describe(
        &broker,
        4,
        (TOPIC, "t"),
        Some(&["segment.bytes"]),
        (false, false),
    );
    assert_eq!(lines(&result), ["segment.bytes=1073741824 5;"]);
    assert_eq!(result.configs[0].documentation, None);
}

#[test]
fn no_keys_are_all_keys() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    for keys in [None, Some([].as_slice())] {
        let result = describe(&broker, 4, (TOPIC, "t"), keys, EVERYTHING);
        assert_eq!(result.configs.len(), 33);
        assert!(
            result
                .configs
                .is_sorted_by_key(|config| config.name.to_string())
        );
    }
}

#[test]
fn a_broker_tells_its_file_and_hides_its_secrets() {
    let broker = TestBroker::start_with(&[
        ("ssl.keystore.password", "secret"),
        ("log.flush.before.ack", "true"),
    ]);
    let keys = [
        "log.retention.hours",
        "node.id",
        "ssl.keystore.password",
        "log.flush.before.ack",
    ];
    for version in versions::<DescribeConfigsRequest>() {
        let result = describe(&broker, version, (BROKER, "1"), Some(&keys), EVERYTHING);
        assert_eq!(
            lines(&result),
            [
                "log.retention.hours=168 5; log.retention.hours=168 5",
                "node.id=1 4; node.id=1 4",
                "ssl.keystore.password=null 4; ssl.keystore.password=null 4",
            ]
        );
        let flags = result
            .configs
            .iter()
            .map(|config| (config.read_only, config.is_sensitive));
        assert_eq!(
            flags.collect::<Vec<_>>(),
            [(true, false), (true, false), (false, true)]
        );
    }
}

#[test]
fn the_nameless_broker_is_what_all_share() {
    let broker = TestBroker::start();
    let result = describe(&broker, 4, (BROKER, ""), None, EVERYTHING);
    assert_eq!(
        lines(&result),
        ["min.insync.replicas=1 3; min.insync.replicas=1 3"]
    );
}

#[test]
fn loggers_are_one() {
    let broker = TestBroker::start();
    let result = describe(&broker, 4, (LOGGER, "1"), None, EVERYTHING);
    assert_eq!(lines(&result), ["root=INFO 6;"]);
    assert_eq!(result.configs[0].config_type, 0);
}

#[test]
fn groups_and_client_metrics_have_their_defaults() {
    let broker = TestBroker::start();
    let result = describe(&broker, 4, (CLIENT_METRICS, "c"), None, EVERYTHING);
    assert_eq!(
        lines(&result),
        ["interval.ms=300000 5;", "match= 5;", "metrics= 5;"]
    );
    let result = describe(&broker, 4, (GROUP, "g"), None, EVERYTHING);
    assert_eq!(result.configs.len(), 17);
    assert_eq!(
        line(&result.configs[2]),
        "consumer.session.timeout.ms=45000 5; group.consumer.session.timeout.ms=45000 5"
    );
}

#[test]
fn refusals_are_worded_as_kafka_words_them() {
    let broker = TestBroker::start();
    let invalid = "INVALID_REQUEST";
    let malformed = "This most likely occurs because of a request being malformed by the client \
                     library or the message was sent to an incompatible broker. See the broker \
                     logs for more details.";
    let cases = [
        (TOPIC, "nope", "UNKNOWN_TOPIC_OR_PARTITION", ""),
        (
            TOPIC,
            "a b",
            "INVALID_TOPIC_EXCEPTION",
            "Topic name is invalid: 'a b' contains one or more characters other than ASCII \
             alphanumerics, '.', '_' and '-'",
        ),
        (
            BROKER,
            "77",
            invalid,
            "Unexpected broker id, expected 1 or empty string, but received 77",
        ),
        (
            BROKER,
            "xx",
            invalid,
            "Broker id must be an integer, but it is: xx",
        ),
        (
            LOGGER,
            "7",
            invalid,
            "Unexpected broker id, expected 1 but received 7",
        ),
        (LOGGER, "", invalid, "Broker id must not be empty"),
        (
            CLIENT_METRICS,
            "",
            invalid,
            "Client metrics subscription name must not be empty",
        ),
        (GROUP, "", invalid, "Group name must not be empty"),
        (5, "g", invalid, malformed),
        (0, "g", invalid, malformed),
    ];
    for (kind, name, expected, message) in cases {
        let result = describe(&broker, 4, (kind, name), None, EVERYTHING);
        let told = (code(result.error_code), result.error_message.as_deref());
        assert_eq!(told, (expected, Some(message)));
        assert!(result.configs.is_empty());
    }
}
