//! The cluster itself: its brokers, and what each of them speaks.

use super::Admin;
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::handshake::BrokerVersions;
use crate::client::metadata::{BrokerNode, TopicsWanted, broker_or_none};
use crate::protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};
use crate::types::BrokerId;

/// A cluster, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterDescription {
    /// Its id.
    pub cluster_id: Option<String>,
    /// The broker that takes requests for the controller.
    pub controller: Option<BrokerId>,
    /// Its brokers, in order of their ids.
    pub brokers: Vec<BrokerNode>,
}

impl Admin {
    /// Describes the cluster; with its fenced brokers if those are asked for.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers, or if fenced brokers are asked for and it can't show them.
    pub async fn describe_cluster(
        &self,
        include_fenced: bool,
    ) -> Result<ClusterDescription, ClientError> {
        let build = |version| {
            let request = DescribeClusterRequest::default();
            if version < 2 {
                return request;
            }
            request.with_include_fenced_brokers(include_fenced)
        };
        match self.call_any("describeCluster", build).await {
            Ok(response) => described(&response),
            Err(ClientError::UnsupportedVersion { .. }) if !include_fenced => {
                let deadline = self.cluster.api_deadline();
                let call = self
                    .cluster
                    .metadata("describeCluster", &TopicsWanted::None, deadline);
                let snapshot = call.await?;
                Ok(ClusterDescription {
                    cluster_id: snapshot.cluster_id,
                    controller: snapshot.controller,
                    brokers: snapshot.brokers,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Returns what a broker says it speaks: every API by number, and the features.
    ///
    /// # Errors
    ///
    /// Fails if the broker can't be reached.
    pub async fn broker_versions(&self, target: Target) -> Result<BrokerVersions, ClientError> {
        let deadline = self.cluster.api_deadline();
        let session = self
            .cluster
            .session("apiVersions", target, deadline)
            .await?;
        Ok(session.versions.clone())
    }
}

fn described(response: &DescribeClusterResponse) -> Result<ClusterDescription, ClientError> {
    ClientError::check(response.error_code, response.error_message.as_deref())?;
    let mut brokers: Vec<BrokerNode> = response
        .brokers
        .iter()
        .filter_map(|broker| {
            Some(BrokerNode {
                id: BrokerId(broker.broker_id.0),
                host: broker.host.to_string(),
                port: u16::try_from(broker.port).ok()?,
                rack: broker.rack.as_ref().map(|rack| rack.to_string()),
                fenced: broker.is_fenced,
            })
        })
        .collect();
    brokers.sort_by_key(|broker| broker.id);
    Ok(ClusterDescription {
        cluster_id: Some(response.cluster_id.to_string()),
        controller: broker_or_none(response.controller_id.0),
        brokers,
    })
}
