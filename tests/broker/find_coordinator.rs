//! `find_coordinator`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::FindCoordinatorRequest;

use crate::harness::{TestBroker, code, text, versions};

#[test]
fn until_there_are_coordinators_clients_are_told_to_wait() {
    let broker = TestBroker::start();
    for version in versions::<FindCoordinatorRequest>() {
        let mut request = FindCoordinatorRequest::default();
        if version >= 4 {
            request.coordinator_keys = vec![text("a"), text("b")];
        } else {
            request.key = text("a");
        }
        let response = broker.call(version, &request);
        let codes: Vec<_> = if version >= 4 {
            response
                .coordinators
                .iter()
                .map(|c| (c.key.to_string(), code(c.error_code)))
                .collect()
        } else {
            vec![("a".to_owned(), code(response.error_code))]
        };
        let waiting = |key: &str| (key.to_owned(), "COORDINATOR_NOT_AVAILABLE");
        let expected = if version >= 4 {
            vec![waiting("a"), waiting("b")]
        } else {
            vec![waiting("a")]
        };
        assert_eq!(codes, expected);
    }
}
