//! `sync_group`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::SyncGroupRequest;

use crate::groups::{group, join, start, sync};
use crate::harness::{code, text, versions};

#[test]
fn each_version_gives_the_leader_its_own_share() {
    let broker = start();
    for version in versions::<SyncGroupRequest>() {
        let name = format!("g{version}");
        let joined = join(&broker, 5, &name);
        let all = ("NONE", b"all".to_vec());
        assert_eq!(sync(&broker, version, &name, &joined), all);
        let request = SyncGroupRequest::default()
            .with_group_id(group(&name))
            .with_generation_id(9)
            .with_member_id(joined.member_id);
        assert_eq!(
            code(broker.call(4, &request).error_code),
            "ILLEGAL_GENERATION"
        );
    }
}

#[test]
fn strangers_and_requests_without_a_protocol_are_refused() {
    let broker = start();
    let mut request = SyncGroupRequest::default()
        .with_group_id(group("g"))
        .with_member_id(text("m"));
    let refused = |request: &SyncGroupRequest| code(broker.call(5, request).error_code);
    assert_eq!(refused(&request), "INCONSISTENT_GROUP_PROTOCOL");
    request.protocol_type = Some(text("consumer"));
    request.protocol_name = Some(text("range"));
    assert_eq!(refused(&request), "UNKNOWN_MEMBER_ID");
    request.group_id = group("");
    assert_eq!(refused(&request), "INVALID_GROUP_ID");
}
