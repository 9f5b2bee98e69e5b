//! `list_config_resources`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::ListConfigResourcesRequest;

use crate::alter_configs::set;
use crate::harness::{TestBroker, code};

fn list(broker: &TestBroker, version: i16, kinds: &[i8]) -> (&'static str, Vec<(i8, String)>) {
    let request = ListConfigResourcesRequest::default().with_resource_types(kinds.to_vec());
    let response = broker.call(version, &request);
    let resources = response.config_resources.into_iter();
    let mut resources: Vec<(i8, String)> = resources
        .map(|r| (r.resource_type, r.resource_name.to_string()))
        .collect();
    resources.sort();
    (code(response.error_code), resources)
}

fn named(expected: &[(i8, &str)]) -> (&'static str, Vec<(i8, String)>) {
    (
        "NONE",
        expected
            .iter()
            .map(|(kind, name)| (*kind, (*name).to_owned()))
            .collect(),
    )
}

#[test]
fn each_version_lists_what_can_have_settings() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    set(&broker, (16, "c"), "interval.ms", "1000");
    set(&broker, (32, "g"), "consumer.session.timeout.ms", "50000");
    assert_eq!(list(&broker, 0, &[]), named(&[(16, "c")]));
    let all = [(2, "t"), (4, "1"), (8, "1"), (16, "c"), (32, "g")];
    assert_eq!(list(&broker, 1, &[]), named(&all));
    assert_eq!(list(&broker, 1, &[32, 2]), named(&[(2, "t"), (32, "g")]));
    assert_eq!(
        list(&broker, 1, &[2, 77]),
        ("UNSUPPORTED_VERSION", Vec::new())
    );
}
