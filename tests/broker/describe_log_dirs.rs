//! `describe_log_dirs`, at each version and against Apache Kafka's answers.

use std::collections::BTreeMap;

use kt::protocol::messages::DescribeLogDirsRequest;
use kt::protocol::messages::describe_log_dirs_request::DescribableLogDirTopic;

use crate::harness::{TestBroker, topic, versions};

/// A log directory, the size of what lies there, and whether it is a copy on the way.
pub(crate) type Place = (String, i64, bool);

/// Returns where partitions lie.
pub(crate) fn places(broker: &TestBroker) -> BTreeMap<(String, i32), Vec<Place>> {
    let response = broker.call(5, &DescribeLogDirsRequest::default());
    let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for result in response.results {
        let dir = result.known;
        for topic in dir.topics {
            for partition in topic.partitions {
                let place = (
                    dir.log_dir.to_string(),
                    partition.partition_size,
                    partition.is_future_key,
                );
                let name = (topic.name.to_string(), partition.partition_index);
                places.entry(name).or_default().push(place);
            }
        }
    }
    places
}

#[test]
fn sizes_are_those_of_the_files_and_topics_can_be_picked() {
    let broker = TestBroker::start();
    broker.create_topic("t", 2, &[]);
    broker.create_topic("u", 1, &[]);
    broker.produce_values("t", 1, &["a", "b"]);
    let log = broker
        .partition_dir("t", 1)
        .join("00000000000000000000.log");
    let size = i64::try_from(std::fs::metadata(log).unwrap().len()).unwrap();
    for version in versions::<DescribeLogDirsRequest>() {
        let wanted = DescribableLogDirTopic::default()
            .with_topic(topic("t"))
            .with_partitions(vec![1, 7]);
        let request = DescribeLogDirsRequest::default().with_topics(Some(vec![wanted]));
        let response = broker.call(version, &request);
        let [result] = &response.results[..] else {
            panic!("{response:?}");
        };
        let dir = &result.known;
        assert_eq!((response.error_code, dir.error_code), (0, 0));
        let [topic] = &dir.topics[..] else {
            panic!("{dir:?}");
        };
        let [partition] = &topic.partitions[..] else {
            panic!("{topic:?}");
        };
        assert_eq!(partition.partition_index, 1);
        assert_eq!((partition.partition_size, partition.offset_lag), (size, 0));
        assert!(!partition.is_future_key && !result.is_cordoned);
        assert_eq!(
            dir.total_bytes >= dir.usable_bytes && dir.usable_bytes > 0,
            version >= 4
        );
    }
    let all = places(&broker);
    assert_eq!(all.len(), 3);
    assert!(all.values().all(|places| places.len() == 1));
}
