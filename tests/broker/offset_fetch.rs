//! `offset_fetch`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::OffsetFetchRequest;
use kt::protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};

use crate::groups::{commit, entering, group, start};
use crate::harness::{code, text, topic, versions};

#[test]
fn each_version_tells_what_is_committed_and_what_is_not() {
    let broker = start();
    commit(&broker, "g", 42);
    for version in versions::<OffsetFetchRequest>() {
        let told: Vec<(i64, String, &str)> = if version <= 7 {
            let asked = OffsetFetchRequestTopic::default()
                .with_name(topic("t"))
                .with_partition_indexes(vec![0, 1]);
            let request = OffsetFetchRequest::default()
                .with_group_id(group("g"))
                .with_topics(Some(vec![asked]));
            let response = broker.call(version, &request);
            assert_eq!(code(response.error_code), "NONE");
            let partitions = response.topics[0].partitions.iter();
            let of = partitions.map(|p| {
                let metadata = p.metadata.as_ref().unwrap().to_string();
                (p.committed_offset, metadata, code(p.error_code))
            });
            of.collect()
        } else {
            let mut asked = OffsetFetchRequestTopics::default().with_partition_indexes(vec![0, 1]);
            if version >= 10 {
                asked.topic_id = broker.topic_id("t");
            } else {
                asked.name = topic("t");
            }
            let asked = OffsetFetchRequestGroup::default()
                .with_group_id(group("g"))
                .with_topics(Some(vec![asked]));
            let request = OffsetFetchRequest::default().with_groups(vec![asked]);
            let response = broker.call(version, &request);
            assert_eq!(code(response.groups[0].error_code), "NONE");
            let partitions = response.groups[0].topics[0].partitions.iter();
            let of = partitions.map(|p| {
                let metadata = p.metadata.as_ref().unwrap().to_string();
                (p.committed_offset, metadata, code(p.error_code))
            });
            of.collect()
        };
        let expected = [(42, "noon".to_owned(), "NONE"), (-1, String::new(), "NONE")];
        assert_eq!(told, expected, "version {version}");
    }
}

#[test]
fn all_offsets_of_several_groups_and_unknown_topics_by_id() {
    let broker = start();
    commit(&broker, "g", 42);
    let of = |name| {
        OffsetFetchRequestGroup::default()
            .with_group_id(group(name))
            .with_topics(None)
    };
    let request = OffsetFetchRequest::default().with_groups(vec![of("g"), of("missing")]);
    for version in 8..=10 {
        let response = broker.call(version, &request);
        let counts: Vec<_> = response.groups.iter().map(|g| g.topics.len()).collect();
        assert_eq!(counts, [1, 0]);
    }
    let unknown = OffsetFetchRequestTopics::default()
        .with_topic_id(uuid::Uuid::from_u128(7))
        .with_partition_indexes(vec![0]);
    let asked = of("g").with_topics(Some(vec![unknown]));
    let request = OffsetFetchRequest::default().with_groups(vec![asked]);
    let response = broker.call(10, &request);
    let partition = &response.groups[0].topics[0].partitions[0];
    let told = (partition.committed_offset, code(partition.error_code));
    assert_eq!(told, (-1, "UNKNOWN_TOPIC_ID"));
}

#[test]
fn a_consumer_groups_member_must_name_its_epoch() {
    let broker = start();
    let epoch = broker.call(1, &entering("c", "m")).member_epoch;
    let fetched = |member, epoch| {
        let asked = OffsetFetchRequestGroup::default()
            .with_group_id(group("c"))
            .with_member_id(Some(text(member)))
            .with_member_epoch(epoch)
            .with_topics(None);
        let request = OffsetFetchRequest::default().with_groups(vec![asked]);
        code(broker.call(9, &request).groups[0].error_code)
    };
    assert_eq!(fetched("m", epoch), "NONE");
    assert_eq!(fetched("m", epoch + 1), "STALE_MEMBER_EPOCH");
    assert_eq!(fetched("x", epoch), "UNKNOWN_MEMBER_ID");
}
