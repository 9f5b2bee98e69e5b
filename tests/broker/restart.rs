//! What a broker has answered holds when it has stopped and started again.

use crate::alter_configs::set;
use crate::describe_configs::{TOPIC, topic_value};
use crate::fetch::values;
use crate::harness::TestBroker;

#[test]
fn topics_settings_and_records_are_there_after_a_restart() {
    let mut broker = TestBroker::start();
    broker.create_topic("t", 2, &[("flush.ms", "77")]);
    set(&broker, (TOPIC, "t"), "retention.ms", "5000000");
    broker.produce_values("t", 0, &["a", "b"]);
    let (id, cluster) = (broker.topic_id("t"), broker.cluster_id().to_owned());
    broker.restart();
    assert_eq!(
        (broker.topic_id("t"), broker.cluster_id()),
        (id, cluster.as_str())
    );
    assert_eq!(topic_value(&broker, "t", "flush.ms"), "77");
    assert_eq!(topic_value(&broker, "t", "retention.ms"), "5000000");
    assert_eq!(broker.produce_values("t", 0, &["c"]), 2);
    let stored: Vec<String> = values(&broker, "t", 0)
        .into_iter()
        .flat_map(|(_, values)| values)
        .collect();
    assert_eq!(stored, ["a", "b", "c"]);
}
