//! `describe_groups`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::DescribeGroupsRequest;

use crate::groups::{entering, group, join, stable, start};
use crate::harness::{error, versions};

#[test]
fn each_version_tells_members_and_missing_groups() {
    let broker = start();
    let id = stable(&broker, "g").member_id;
    join(&broker, 3, "h");
    broker.call(1, &entering("c", "m"));
    let names = ["g", "h", "c", "missing"].map(group);
    for version in versions::<DescribeGroupsRequest>() {
        let mut request = DescribeGroupsRequest::default().with_groups(names.to_vec());
        request.include_authorized_operations = version >= 3;
        let response = broker.call(version, &request);
        let groups = &response.groups;
        let states: Vec<&str> = groups.iter().map(|g| g.group_state.as_str()).collect();
        assert_eq!(states, ["Stable", "CompletingRebalance", "Dead", "Dead"]);
        assert_eq!(groups[0].protocol_type.as_str(), "consumer");
        assert_eq!(groups[0].protocol_data.as_str(), "range");
        let member = &groups[0].members[0];
        assert_eq!(member.member_id, id);
        assert_eq!(member.client_id.as_str(), "broker-tests");
        assert_eq!(member.client_host.as_str(), "/127.0.0.1");
        assert_eq!(member.member_assignment.as_ref(), b"all");
        assert_eq!(groups[1].members[0].member_metadata.len(), 0);
        if version >= 3 {
            assert_eq!(groups[0].authorized_operations, 3400);
        }
        let said: Vec<_> = groups[2..]
            .iter()
            .map(|g| error(g.error_code, g.error_message.as_ref()))
            .collect();
        let expected = if version >= 6 {
            [
                "Group c is not a classic group.",
                "Group missing not found.",
            ]
            .map(|message| ("GROUP_ID_NOT_FOUND", Some(message.to_owned())))
        } else {
            [("NONE", None), ("NONE", None)]
        };
        assert_eq!(said, expected);
    }
}
