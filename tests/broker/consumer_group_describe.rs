//! `consumer_group_describe`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::ConsumerGroupDescribeRequest;

use crate::groups::{entering, group, stable, start};
use crate::harness::{error, refusal, versions};

#[test]
fn each_version_tells_members_and_missing_groups() {
    let broker = start();
    stable(&broker, "g");
    broker.call(1, &entering("c", "m"));
    for version in versions::<ConsumerGroupDescribeRequest>() {
        let names = ["c", "g", "missing"].map(group);
        let request = ConsumerGroupDescribeRequest::default()
            .with_group_ids(names.to_vec())
            .with_include_authorized_operations(true);
        let response = broker.call(version, &request);
        let told = &response.groups[0];
        assert_eq!(told.group_state.as_str(), "Stable");
        assert_eq!((told.group_epoch, told.assignment_epoch), (2, 2));
        assert_eq!(told.assignor_name.as_str(), "uniform");
        assert_eq!(told.authorized_operations, 3400);
        let member = &told.members[0];
        assert_eq!((member.member_id.as_str(), member.member_epoch), ("m", 2));
        assert_eq!(member.client_host.as_str(), "/127.0.0.1");
        assert_eq!(member.member_type, if version >= 1 { 1 } else { -1 });
        let part = &member.assignment.topic_partitions[0];
        assert_eq!((part.topic_name.as_str(), part.partitions.len()), ("t", 2));
        assert_eq!(member.assignment, member.target_assignment);
        let said = |place: usize| {
            let told = &response.groups[place];
            error(told.error_code, told.error_message.as_ref())
        };
        let expected = "Group g is not a consumer group.";
        assert_eq!(said(1), refusal("GROUP_ID_NOT_FOUND", expected));
        let expected = "Group missing not found.";
        assert_eq!(said(2), refusal("GROUP_ID_NOT_FOUND", expected));
    }
}
