//! `api_versions`, at each version and against Apache Kafka's answers.

use std::io::Write as _;

use kt::protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use kt::protocol::{APIS, ApiRequest as _};

use crate::harness::{TestBroker, code, receive, text, versions};

fn assert_lists_all(response: &ApiVersionsResponse) {
    assert_eq!(response.error_code, 0);
    let listed: Vec<_> = response
        .api_keys
        .iter()
        .map(|api| (api.api_key, api.min_version, api.max_version))
        .collect();
    let rows = APIS
        .iter()
        .map(|row| (row.key.code(), row.versions.min, row.versions.max));
    assert_eq!(listed, rows.collect::<Vec<_>>());
}

fn request(version: i16, name: &str) -> ApiVersionsRequest {
    let mut request = ApiVersionsRequest::default();
    if version >= 3 {
        request.client_software_name = text(name);
        request.client_software_version = text("1.0");
    }
    request
}

#[test]
fn every_version_lists_every_api() {
    let broker = TestBroker::start();
    for version in versions::<ApiVersionsRequest>() {
        let response = broker.call(version, &request(version, "broker-tests"));
        assert_lists_all(&response);
        let features = response.supported_features.iter();
        let names: Vec<&str> = features.map(|feature| feature.name.as_str()).collect();
        assert_eq!(names.contains(&"metadata.version"), version >= 3);
        // A lowest level of 0 would stop the clients of versions below 4 (KAFKA-17011).
        let from_0 = response
            .supported_features
            .iter()
            .any(|f| f.min_version == 0);
        assert!(!from_0 || version >= 4);
        assert_eq!(response.finalized_features_epoch >= 0, version >= 3);
    }
}

#[test]
fn a_client_without_a_proper_name_is_refused() {
    let broker = TestBroker::start();
    for name in ["", "-a", "a b"] {
        let response = broker.call(3, &request(3, name));
        assert_eq!(code(response.error_code), "INVALID_REQUEST");
    }
}

#[test]
fn a_version_of_the_future_is_told_which_ones_there_are() {
    let broker = TestBroker::start();
    let mut stream = broker.connect();
    // Header version 2 with a body that nobody knows: length, key 18, version 99, id 7, "x".
    let frame = [0, 0, 0, 14, 0, 18, 0, 99, 0, 0, 0, 7, 0, 1, b'x', 0, 9, 9];
    stream.write_all(&frame).unwrap();
    let response = receive::<ApiVersionsRequest>(&mut stream, 0);
    assert_eq!(code(response.error_code), "UNSUPPORTED_VERSION");
    let listed = &response.api_keys[0];
    let own = ApiVersionsRequest::KEY;
    assert_eq!(
        (listed.api_key, listed.max_version),
        (own.code(), own.row().versions.max)
    );
}
