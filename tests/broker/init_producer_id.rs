//! `init_producer_id`, at each version and against Apache Kafka's answers.

use std::collections::BTreeSet;

use kt::protocol::messages::{InitProducerIdRequest, TransactionalId};

use crate::harness::{TestBroker, code, text, versions};

fn init(broker: &TestBroker, version: i16, transactional_id: Option<&str>) -> (i64, i16, i16) {
    let request = InitProducerIdRequest::default()
        .with_transactional_id(transactional_id.map(|id| TransactionalId(text(id))))
        .with_transaction_timeout_ms(60_000);
    let response = broker.call(version, &request);
    (
        response.producer_id.0,
        response.producer_epoch,
        response.error_code,
    )
}

#[test]
fn every_version_gives_an_id_that_nobody_had() {
    let mut broker = TestBroker::start();
    let mut ids = BTreeSet::new();
    for _ in 0..2 {
        for version in versions::<InitProducerIdRequest>() {
            let (id, epoch, error) = init(&broker, version, None);
            assert_eq!((epoch, error), (0, 0));
            assert!(ids.insert(id), "{id} was given before");
        }
        broker.restart();
    }
}

#[test]
fn an_empty_transactional_id_is_an_invalid_request() {
    let broker = TestBroker::start();
    for version in versions::<InitProducerIdRequest>() {
        let (id, epoch, error) = init(&broker, version, Some(""));
        assert_eq!((id, epoch, code(error)), (-1, -1, "INVALID_REQUEST"));
    }
}
