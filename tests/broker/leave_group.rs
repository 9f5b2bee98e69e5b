//! `leave_group`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::LeaveGroupRequest;

use crate::groups::{leave, stable, start};
use crate::harness::versions;

#[test]
fn each_version_lets_members_go_once() {
    let broker = start();
    for version in versions::<LeaveGroupRequest>() {
        let name = format!("g{version}");
        let id = stable(&broker, &name).member_id;
        let left = |member: &str| leave(&broker, version, &name, &[member]);
        if version <= 2 {
            assert_eq!(left(&id), ("NONE", vec![]));
            assert_eq!(left(&id), ("UNKNOWN_MEMBER_ID", vec![]));
        } else {
            let both = leave(&broker, version, &name, &[&id, "x"]);
            assert_eq!(both, ("NONE", vec!["NONE", "UNKNOWN_MEMBER_ID"]));
            assert_eq!(left(&id), ("NONE", vec!["UNKNOWN_MEMBER_ID"]));
        }
    }
    let left = leave(&broker, 5, "nope", &["x"]);
    assert_eq!(left, ("NONE", vec!["UNKNOWN_MEMBER_ID"]));
    assert_eq!(leave(&broker, 5, "", &["x"]).0, "INVALID_GROUP_ID");
}
