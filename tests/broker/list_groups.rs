//! `list_groups`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::ListGroupsRequest;

use crate::groups::{commit, entering, stable, start};
use crate::harness::{TestBroker, code, text, versions};

fn list(broker: &TestBroker, version: i16, states: &[&str], types: &[&str]) -> Vec<String> {
    let request = ListGroupsRequest::default()
        .with_states_filter(states.iter().map(|state| text(state)).collect())
        .with_types_filter(types.iter().map(|kind| text(kind)).collect());
    let response = broker.call(version, &request);
    assert_eq!(code(response.error_code), "NONE");
    let groups = response.groups.iter();
    let told = groups.map(|g| {
        let (kind, state) = (&g.protocol_type, &g.group_state);
        format!("{} {kind} {state} {}", g.group_id.as_str(), g.group_type)
    });
    told.map(|told| told.trim_end().to_owned()).collect()
}

#[test]
fn each_version_lists_all_groups_and_the_later_ones_choose() {
    let broker = start();
    stable(&broker, "g");
    commit(&broker, "s", 1);
    broker.call(1, &entering("c", "m"));
    for version in versions::<ListGroupsRequest>() {
        let expected = match version {
            0..=3 => ["c consumer", "g consumer", "s"],
            4 => ["c consumer Stable", "g consumer Stable", "s  Empty"],
            _ => [
                "c consumer Stable consumer",
                "g consumer Stable classic",
                "s  Empty classic",
            ],
        };
        assert_eq!(list(&broker, version, &[], &[]), expected);
    }
    assert_eq!(list(&broker, 4, &["empty"], &[]), ["s  Empty"]);
    let classic = ["g consumer Stable classic"];
    assert_eq!(list(&broker, 5, &["STABLE"], &["Classic"]), classic);
    assert_eq!(list(&broker, 5, &[], &["nonsense"]), [""; 0]);
}

#[test]
fn without_groups_the_list_is_empty() {
    let broker = TestBroker::start();
    assert_eq!(list(&broker, 5, &[], &[]), [""; 0]);
}
