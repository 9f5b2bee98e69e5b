//! IncrementalAlterConfigs, and the AlterConfigs of old.

use kt::protocol::messages::{
    AlterConfigsRequest, IncrementalAlterConfigsRequest, alter_configs_request,
    incremental_alter_configs_request,
};

use crate::describe_configs::{BROKER, TOPIC, topic_value};
use crate::harness::{FINE, TestBroker, error, refusal, text, versions};

const LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

type Outcome = (&'static str, Option<String>);
type Change<'a> = (&'a str, i8, Option<&'a str>);

fn resource(
    (kind, name): (i8, &str),
    changes: &[Change<'_>],
) -> incremental_alter_configs_request::AlterConfigsResource {
    let changes = changes.iter().map(|(key, operation, value)| {
        incremental_alter_configs_request::AlterableConfig::default()
            .with_name(text(key))
            .with_config_operation(*operation)
            .with_value(value.map(text))
    });
    incremental_alter_configs_request::AlterConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(text(name))
        .with_configs(changes.collect())
}

fn alter(
    broker: &TestBroker,
    version: i16,
    request: &IncrementalAlterConfigsRequest,
) -> Vec<(i8, String, Outcome)> {
    let responses = broker.call(version, request).responses.into_iter();
    responses
        .map(|r| {
            let outcome = error(r.error_code, r.error_message.as_ref());
            (r.resource_type, r.resource_name.to_string(), outcome)
        })
        .collect()
}

fn change(broker: &TestBroker, of: (i8, &str), changes: &[Change<'_>]) -> Outcome {
    let request =
        IncrementalAlterConfigsRequest::default().with_resources(vec![resource(of, changes)]);
    alter(broker, 1, &request).remove(0).2
}

/// Sets one key, which must be accepted.
#[track_caller]
pub(crate) fn set(broker: &TestBroker, of: (i8, &str), key: &str, value: &str) {
    assert_eq!(change(broker, of, &[(key, SET, Some(value))]), FINE);
}

#[test]
fn every_version_changes_keys_one_by_one() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[("flush.ms", "77")]);
    for version in versions::<IncrementalAlterConfigsRequest>() {
        let steps: [(&[Change<'_>], &str, &str); 4] = [
            (&[("retention.ms", SET, Some("5000"))], "5000", "delete"),
            (
                &[("cleanup.policy", APPEND, Some("compact,delete"))],
                "5000",
                "delete,compact",
            ),
            (
                &[("cleanup.policy", SUBTRACT, Some("delete"))],
                "5000",
                "compact",
            ),
            (
                &[
                    ("retention.ms", DELETE, None),
                    ("cleanup.policy", DELETE, None),
                ],
                "604800000",
                "delete",
            ),
        ];
        for (changes, retention, policy) in steps {
            let request = IncrementalAlterConfigsRequest::default()
                .with_resources(vec![resource((TOPIC, "t"), changes)]);
            let fine = [(TOPIC, "t".to_owned(), FINE)];
            assert_eq!(alter(&broker, version, &request), fine);
            assert_eq!(topic_value(&broker, "t", "retention.ms"), retention);
            assert_eq!(topic_value(&broker, "t", "cleanup.policy"), policy);
            assert_eq!(topic_value(&broker, "t", "flush.ms"), "77");
        }
    }
}

#[test]
fn validating_changes_nothing() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    for version in versions::<IncrementalAlterConfigsRequest>() {
        let changes = resource((TOPIC, "t"), &[("retention.ms", SET, Some("5000"))]);
        let request = IncrementalAlterConfigsRequest::default()
            .with_resources(vec![changes])
            .with_validate_only(true);
        assert_eq!(alter(&broker, version, &request)[0].2, FINE);
        assert_eq!(topic_value(&broker, "t", "retention.ms"), "604800000");
    }
}

#[test]
fn a_resource_named_twice_is_refused_and_others_are_changed() {
    let broker = TestBroker::start();
    broker.create_topic("a", 1, &[]);
    broker.create_topic("b", 1, &[]);
    let of = |name| resource((TOPIC, name), &[("retention.ms", SET, Some("7"))]);
    let request =
        IncrementalAlterConfigsRequest::default().with_resources(vec![of("a"), of("b"), of("a")]);
    let twice = refusal("INVALID_REQUEST", "Each resource must appear at most once.");
    assert_eq!(
        alter(&broker, 0, &request),
        [
            (TOPIC, "a".to_owned(), twice.clone()),
            (TOPIC, "b".to_owned(), FINE),
            (TOPIC, "a".to_owned(), twice),
        ]
    );
    assert_eq!(topic_value(&broker, "b", "retention.ms"), "7");
}

#[test]
fn topics_refuse_in_kafkas_words() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let (request, config) = ("INVALID_REQUEST", "INVALID_CONFIG");
    let cases: [(&[Change<'_>], &str, &str); 8] = [
        (
            &[("retention.ms", SET, None)],
            request,
            "Null value not supported for : retention.ms",
        ),
        (
            &[("retention.ms", SET, Some("x"))],
            config,
            "Invalid value x for configuration retention.ms: Not a number of type LONG",
        ),
        (
            &[("nope", SET, Some("x"))],
            config,
            "Unknown topic config name: nope",
        ),
        (
            &[("retention.ms", APPEND, Some("5"))],
            config,
            "Can't APPEND to key retention.ms because its type is not LIST.",
        ),
        (
            &[("cleanup.policy", APPEND, None)],
            request,
            "Null value not supported for : cleanup.policy",
        ),
        (
            &[("cleanup.policy", APPEND, Some("x"))],
            config,
            "Invalid value x for configuration cleanup.policy: String must be one of: compact, \
             delete",
        ),
        (
            &[
                ("retention.ms", SET, Some("5")),
                ("retention.ms", DELETE, None),
            ],
            request,
            "Error due to duplicate config keys",
        ),
        (
            &[
                ("min.compaction.lag.ms", SET, Some("5")),
                ("max.compaction.lag.ms", SET, Some("1")),
            ],
            config,
            "conflict topic config setting min.compaction.lag.ms (5) > max.compaction.lag.ms (1)",
        ),
    ];
    for (changes, name, message) in cases {
        assert_eq!(
            change(&broker, (TOPIC, "t"), changes),
            refusal(name, message)
        );
    }
    assert_eq!(
        change(&broker, (TOPIC, "t"), &[("nope", DELETE, None)]),
        FINE
    );
    assert_eq!(change(&broker, (TOPIC, "t"), &[]), FINE);
}

#[test]
fn resources_are_checked_in_kafkas_words() {
    let broker = TestBroker::start();
    let request = "INVALID_REQUEST";
    let cases = [
        (
            (TOPIC, "no"),
            "UNKNOWN_TOPIC_OR_PARTITION",
            "The topic 'no' does not exist.",
        ),
        (
            (TOPIC, ""),
            request,
            "Default topic resources are not allowed.",
        ),
        (
            (GROUP, ""),
            request,
            "Default group resources are not allowed.",
        ),
        (
            (CLIENT_METRICS, ""),
            request,
            "Subscription name can't be empty",
        ),
        (
            (BROKER, "x"),
            request,
            "Node id must be an integer, but it is: x",
        ),
        (
            (BROKER, "9"),
            request,
            "Unexpected broker id, expected 1, but received 9",
        ),
        (
            (LOGGER, "3"),
            request,
            "Unexpected node id. Expected 1, but received 3",
        ),
        (
            (LOGGER, ""),
            request,
            "Node id must be an integer, but it is: ",
        ),
        ((5, "g"), request, "Unknown resource type 5"),
        ((0, "g"), request, "Unknown resource type 0"),
    ];
    for (of, name, message) in cases {
        let changes = [("retention.ms", SET, Some("5"))];
        assert_eq!(
            change(&broker, of, &changes),
            refusal(name, message),
            "{of:?}"
        );
    }
}

#[test]
fn brokers_take_and_refuse_what_kafkas_do() {
    let broker = TestBroker::start();
    let request = "INVALID_REQUEST";
    let cases: [(&str, &[Change<'_>], &str); 4] = [
        (
            "1",
            &[("log.cleaner.threads", SET, Some("x"))],
            "Invalid value x for configuration log.cleaner.threads: Not a number of type INT",
        ),
        (
            "1",
            &[("node.id", SET, Some("2"))],
            "Cannot update these configs dynamically: [node.id]",
        ),
        (
            "",
            &[("listeners", SET, Some("PLAINTEXT://:1"))],
            "Cannot update these configs at default cluster level, broker id must be specified: \
             [listeners]",
        ),
        (
            "",
            &[("node.id", SET, Some("4"))],
            "Cannot update these configs dynamically: [node.id]",
        ),
    ];
    for (name, changes, message) in cases {
        assert_eq!(
            change(&broker, (BROKER, name), changes),
            refusal(request, message)
        );
    }
    for name in ["1", ""] {
        set(&broker, (BROKER, name), "log.cleaner.threads", "2");
        set(&broker, (BROKER, name), "a.key.of.a.plugin", "2");
    }
}

#[test]
fn groups_and_client_metrics_take_and_refuse_what_kafkas_do() {
    let broker = TestBroker::start();
    let (request, config) = ("INVALID_REQUEST", "INVALID_CONFIG");
    let cases = [
        (
            (CLIENT_METRICS, "nope"),
            "1",
            request,
            "Unknown client metrics configuration: nope",
        ),
        (
            (CLIENT_METRICS, "interval.ms"),
            "1",
            request,
            "Invalid value 1 for interval.ms, interval must be between 100 and 3600000 (1 hour)",
        ),
        (
            (CLIENT_METRICS, "match"),
            "foo=bar",
            config,
            "Illegal client matching pattern: foo=bar",
        ),
        (
            (GROUP, "nope"),
            "1",
            config,
            "Unknown group config name: nope",
        ),
        (
            (GROUP, "consumer.session.timeout.ms"),
            "1",
            config,
            "consumer.session.timeout.ms must be greater than or equal to \
             group.consumer.min.session.timeout.ms",
        ),
    ];
    for ((kind, key), value, name, message) in cases {
        let changes = [(key, SET, Some(value))];
        assert_eq!(
            change(&broker, (kind, "x"), &changes),
            refusal(name, message)
        );
    }
    set(&broker, (CLIENT_METRICS, "x"), "interval.ms", "1000");
    set(
        &broker,
        (GROUP, "x"),
        "consumer.session.timeout.ms",
        "50000",
    );
}

#[test]
fn the_level_of_the_logger_can_only_stay() {
    let broker = TestBroker::start();
    let config = "INVALID_CONFIG";
    let cases: [(&[Change<'_>], &str, &str); 5] = [
        (
            &[("a.logger", SET, Some("INFO"))],
            config,
            "Logger a.logger does not exist!",
        ),
        (
            &[("root", SET, Some("LOUD"))],
            config,
            "Cannot set the log level of root to LOUD as it is not a supported log level. Valid \
             log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN",
        ),
        (
            &[("root", SET, Some("DEBUG"))],
            config,
            "Cannot set the log level of root to DEBUG: this broker's level can only be set when \
             it starts.",
        ),
        (
            &[("root", APPEND, Some("INFO"))],
            "INVALID_REQUEST",
            "APPEND operation is not allowed for the BROKER_LOGGER resource",
        ),
        (
            &[("root", DELETE, None)],
            "INVALID_REQUEST",
            "Removing the log level of the root logger is not allowed",
        ),
    ];
    for (changes, name, message) in cases {
        assert_eq!(
            change(&broker, (LOGGER, "1"), changes),
            refusal(name, message)
        );
    }
    set(&broker, (LOGGER, "1"), "root", "INFO");
}

fn replace(
    broker: &TestBroker,
    version: i16,
    of: (i8, &str),
    configs: &[(&str, Option<&str>)],
    validate_only: bool,
) -> Outcome {
    let configs = configs.iter().map(|(key, value)| {
        alter_configs_request::AlterableConfig::default()
            .with_name(text(key))
            .with_value(value.map(text))
    });
    let resource = alter_configs_request::AlterConfigsResource::default()
        .with_resource_type(of.0)
        .with_resource_name(text(of.1))
        .with_configs(configs.collect());
    let request = AlterConfigsRequest::default()
        .with_resources(vec![resource])
        .with_validate_only(validate_only);
    let response = broker.call(version, &request).responses.remove(0);
    assert_eq!(
        (response.resource_type, response.resource_name.as_str()),
        of
    );
    error(response.error_code, response.error_message.as_ref())
}

#[test]
fn every_version_of_the_old_request_replaces_all_keys() {
    let broker = TestBroker::start();
    for version in versions::<AlterConfigsRequest>() {
        let name = format!("t{version}");
        broker.create_topic(&name, 1, &[("flush.ms", "77")]);
        let configs = [("retention.ms", Some("5000"))];
        assert_eq!(
            replace(&broker, version, (TOPIC, &name), &configs, true),
            FINE
        );
        assert_eq!(topic_value(&broker, &name, "flush.ms"), "77");
        assert_eq!(
            replace(&broker, version, (TOPIC, &name), &configs, false),
            FINE
        );
        assert_eq!(topic_value(&broker, &name, "retention.ms"), "5000");
        assert_eq!(
            topic_value(&broker, &name, "flush.ms"),
            "9223372036854775807"
        );
    }
}

#[test]
fn the_old_request_refuses_in_kafkas_words() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let (topic, request) = ((TOPIC, "t"), "INVALID_REQUEST");
    type Case<'a> = (
        (i8, &'a str),
        &'a [(&'a str, Option<&'a str>)],
        &'a str,
        &'a str,
    );
    let cases: [Case<'_>; 7] = [
        (
            topic,
            &[("retention.ms", None)],
            request,
            "Null value not supported for : retention.ms",
        ),
        (
            topic,
            &[("nope", Some("x"))],
            "INVALID_CONFIG",
            "Unknown topic config name: nope",
        ),
        (
            topic,
            &[("retention.ms", Some("5")), ("retention.ms", Some("6"))],
            request,
            "Error due to duplicate config keys",
        ),
        (
            (TOPIC, "no"),
            &[("retention.ms", Some("5"))],
            "UNKNOWN_TOPIC_OR_PARTITION",
            "The topic 'no' does not exist.",
        ),
        (
            (BROKER, "9"),
            &[("log.cleaner.threads", Some("2"))],
            request,
            "Unexpected broker id, expected 1, but received 9",
        ),
        (
            (BROKER, "1"),
            &[("node.id", Some("2"))],
            request,
            "Cannot update these configs dynamically: [node.id]",
        ),
        (
            (LOGGER, "1"),
            &[("root", Some("INFO"))],
            request,
            "Unknown resource type 8",
        ),
    ];
    for (of, configs, name, message) in cases {
        assert_eq!(
            replace(&broker, 2, of, configs, false),
            refusal(name, message)
        );
    }
}

#[test]
fn an_unknown_operation_is_an_invalid_request_unlike_in_kafka() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let told = change(&broker, (TOPIC, "t"), &[("retention.ms", 9, Some("1"))]);
    assert_eq!(told, refusal("INVALID_REQUEST", "Unknown operation type 9"));
}

#[test]
fn the_old_request_may_name_a_resource_twice_unlike_in_kafka() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let resource = alter_configs_request::AlterConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(text("t"));
    let request = AlterConfigsRequest::default().with_resources(vec![resource; 2]);
    for response in broker.call(0, &request).responses {
        let told = error(response.error_code, response.error_message.as_ref());
        let message = "Each resource must appear at most once.";
        assert_eq!(told, refusal("INVALID_REQUEST", message));
    }
}
