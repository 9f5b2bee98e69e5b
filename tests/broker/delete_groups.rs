//! `delete_groups`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::DeleteGroupsRequest;

use crate::groups::{commit, entering, fetch, group, stable, start};
use crate::harness::{code, versions};

#[test]
fn each_version_deletes_groups_without_members() {
    let broker = start();
    stable(&broker, "g");
    broker.call(1, &entering("c", "m"));
    for version in versions::<DeleteGroupsRequest>() {
        commit(&broker, "s", 7);
        let names = ["s", "missing", "g", "c"].map(group);
        let request = DeleteGroupsRequest::default().with_groups_names(names.to_vec());
        let response = broker.call(version, &request);
        let codes: Vec<_> = response
            .results
            .iter()
            .map(|r| code(r.error_code))
            .collect();
        let expected = [
            "NONE",
            "GROUP_ID_NOT_FOUND",
            "NON_EMPTY_GROUP",
            "NON_EMPTY_GROUP",
        ];
        assert_eq!(codes, expected);
        assert_eq!(fetch(&broker, "s"), -1);
        // A group of offsets alone is gone with them.
        let again = broker.call(version, &request).results;
        assert_eq!(code(again[0].error_code), "GROUP_ID_NOT_FOUND");
    }
}
