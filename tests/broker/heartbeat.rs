//! `heartbeat`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::HeartbeatRequest;

use crate::groups::{heartbeat, stable, start};
use crate::harness::versions;

#[test]
fn each_version_knows_members_generations_and_groups() {
    let broker = start();
    let id = stable(&broker, "g").member_id;
    for version in versions::<HeartbeatRequest>() {
        let beat = |who, generation| heartbeat(&broker, version, who, generation);
        assert_eq!(beat(("g", &id), 1), "NONE");
        assert_eq!(beat(("g", &id), 2), "ILLEGAL_GENERATION");
        assert_eq!(beat(("g", "x"), 1), "UNKNOWN_MEMBER_ID");
        assert_eq!(beat(("nope", &id), 1), "UNKNOWN_MEMBER_ID");
        assert_eq!(beat(("", &id), 1), "INVALID_GROUP_ID");
    }
}
