//! `join_group`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::{JoinGroupRequest, StrBytes};

use crate::groups::{join, joining, start};
use crate::harness::{code, text, versions};

#[test]
fn each_version_makes_the_first_member_the_leader() {
    let broker = start();
    for version in versions::<JoinGroupRequest>() {
        let joined = join(&broker, version, &format!("g{version}"));
        assert_eq!(joined.generation_id, 1);
        assert_eq!(joined.leader, joined.member_id);
        assert!(joined.member_id.starts_with("broker-tests-"));
        assert_eq!(joined.protocol_name.as_deref(), Some("range"));
        assert_eq!(joined.protocol_type.is_some(), version >= 7);
        assert_eq!(joined.members.len(), 1);
        assert_eq!(joined.members[0].metadata.len(), 13);
    }
}

#[test]
fn what_makes_no_member_is_refused() {
    let broker = start();
    let refused = |request: &JoinGroupRequest| {
        let response = broker.call(9, request);
        assert_eq!((response.generation_id, response.protocol_name), (-1, None));
        (code(response.error_code), response.member_id)
    };
    let none = StrBytes::default();
    let expected = ("INVALID_GROUP_ID", text("m"));
    assert_eq!(refused(&joining("", "m")), expected);
    let expected = ("UNKNOWN_MEMBER_ID", text("m"));
    assert_eq!(refused(&joining("g", "m")), expected);
    let mut request = joining("g", "");
    request.session_timeout_ms = 10;
    assert_eq!(refused(&request), ("INVALID_SESSION_TIMEOUT", none.clone()));
    let mut request = joining("g", "");
    request.protocols.clear();
    let inconsistent = ("INCONSISTENT_GROUP_PROTOCOL", none);
    assert_eq!(refused(&request), inconsistent);
    let mut request = joining("g", "");
    request.protocol_type = StrBytes::default();
    assert_eq!(refused(&request), inconsistent);
    join(&broker, 9, "g");
    let mut request = joining("g", "");
    request.protocol_type = text("other");
    assert_eq!(refused(&request), inconsistent);
}
