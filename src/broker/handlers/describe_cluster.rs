//! DescribeCluster, versions 0 to 2: the cluster's id, controller and brokers (KIP-700, KIP-919,
//! KIP-1073).

use super::wire::{CLUSTER_OPERATIONS, OPERATIONS_UNASKED, text};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::describe_cluster_response::DescribeClusterBroker;
use crate::protocol::messages::{self, DescribeClusterRequest, DescribeClusterResponse};

/// The kind of node that the request asks for (`EndpointType`).
const BROKERS: i8 = 1;

impl Handle for DescribeClusterRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let version = context.version();
        if version >= 1 && self.endpoint_type != BROKERS {
            let (code, why) = match self.endpoint_type {
                2 => (
                    ErrorCode::MismatchedEndpointType,
                    "The request was sent to an endpoint of type BROKER, but we wanted an \
                     endpoint of type CONTROLLER"
                        .to_owned(),
                ),
                other => (
                    ErrorCode::UnsupportedEndpointType,
                    format!("Unsupported endpoint type {other}"),
                ),
            };
            return DescribeClusterResponse::default()
                .with_error_code(code.code())
                .with_error_message(Some(text(why)))
                .into();
        }
        let image = context.image.load();
        let brokers = image
            .brokers()
            .filter(|broker| !broker.registration.fenced || self.include_fenced_brokers)
            .filter_map(|broker| {
                let endpoint = broker.endpoint(&context.connection.listener)?;
                let mut told = DescribeClusterBroker::default()
                    .with_broker_id(messages::BrokerId(broker.id().0))
                    .with_host(text(endpoint.host.clone()))
                    .with_port(i32::from(endpoint.port))
                    .with_rack(broker.registration.rack.clone().map(text));
                if version >= 2 {
                    told.is_fenced = broker.registration.fenced;
                }
                Some(told)
            })
            .collect();
        let operations = if self.include_cluster_authorized_operations {
            CLUSTER_OPERATIONS
        } else {
            OPERATIONS_UNASKED
        };
        DescribeClusterResponse::default()
            .with_cluster_id(text(context.cluster_id.clone()))
            .with_controller_id(messages::BrokerId(context.node_id.0))
            .with_brokers(brokers)
            .with_cluster_authorized_operations(operations)
            .into()
    }
}
