//! `offset_commit`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::OffsetCommitRequest;

use crate::groups::{committed, committing, fetch, join, stable, start};
use crate::harness::{code, text, versions};

#[test]
fn each_version_keeps_an_offset_and_knows_the_topics() {
    let broker = start();
    for version in versions::<OffsetCommitRequest>() {
        let offset = 40 + i64::from(version);
        let mut request = committing(&broker, version, ("s", "t", 0), offset);
        let mut other = request.topics[0].partitions[0].clone();
        other.partition_index = 9;
        request.topics[0].partitions.push(other);
        let response = broker.call(version, &request);
        let partitions = response.topics[0].partitions.iter();
        let codes: Vec<_> = partitions.map(|p| code(p.error_code)).collect();
        assert_eq!(codes, ["NONE", "UNKNOWN_TOPIC_OR_PARTITION"]);
        assert_eq!(fetch(&broker, "s"), offset);
        if version >= 10 {
            request.topics[0].topic_id = uuid::Uuid::from_u128(7);
            assert_eq!(committed(&broker, version, &request), "UNKNOWN_TOPIC_ID");
        } else {
            request.topics[0].name.0 = text("u");
            let refused = committed(&broker, version, &request);
            assert_eq!(refused, "UNKNOWN_TOPIC_OR_PARTITION");
        }
    }
}

#[test]
fn only_members_commit_for_a_group_that_has_some() {
    let broker = start();
    let mut request = committing(&broker, 9, ("g", "t", 0), 5);
    request.generation_id_or_member_epoch = 1;
    request.member_id = text("m");
    assert_eq!(committed(&broker, 9, &request), "GROUP_ID_NOT_FOUND");
    assert_eq!(committed(&broker, 8, &request), "ILLEGAL_GENERATION");
    let id = stable(&broker, "g").member_id;
    assert_eq!(committed(&broker, 9, &request), "UNKNOWN_MEMBER_ID");
    let nobody = committing(&broker, 9, ("g", "t", 0), 5);
    assert_eq!(committed(&broker, 9, &nobody), "UNKNOWN_MEMBER_ID");
    request.member_id = id.clone();
    assert_eq!(committed(&broker, 9, &request), "NONE");
    request.generation_id_or_member_epoch = 2;
    assert_eq!(committed(&broker, 9, &request), "ILLEGAL_GENERATION");
    let joined = join(&broker, 9, "h");
    let mut request = committing(&broker, 9, ("h", "t", 0), 5);
    request.member_id = joined.member_id;
    request.generation_id_or_member_epoch = 1;
    assert_eq!(committed(&broker, 9, &request), "REBALANCE_IN_PROGRESS");
    assert_eq!(fetch(&broker, "g"), 5);
}

#[test]
fn the_empty_group_keeps_offsets_as_of_old() {
    let broker = start();
    let request = committing(&broker, 9, ("", "t", 0), 5);
    assert_eq!(committed(&broker, 9, &request), "NONE");
    assert_eq!(fetch(&broker, ""), 5);
}
