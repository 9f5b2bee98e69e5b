//! The cluster as a client sees it: which brokers there are, and a connection to each.
//!
//! Finds a broker through `bootstrap.servers`, learns the others from Metadata, opens a
//! connection when one is needed, and opens it again after it was lost: at once the first time,
//! then after 50 ms, doubling to 1 s. Brokers at the same address share a connection, so a
//! cluster of one needs one. What Kafka's `NetworkClient` logs is logged in its words.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::config::ClientConfig;
use super::dial::connect;
use super::error::ClientError;
use super::handshake::Session;
use super::metadata::{BrokerNode, MetadataSnapshot, TopicsWanted, snapshot};
use crate::protocol::{ApiKey, ApiRequest, VersionRange};
use crate::rng::Rng;
use crate::types::BrokerId;

/// Which broker a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Whichever is there.
    Any,
    /// The one that takes requests for the controller.
    Controller,
    /// This one.
    Broker(BrokerId),
}

/// A connection to one address, and how often it failed.
#[derive(Debug, Default)]
struct Slot {
    session: Option<Arc<Session>>,
    failures: u32,
    retry_at: Option<Instant>,
}

type SharedSlot = Arc<tokio::sync::Mutex<Slot>>;

#[derive(Debug)]
struct State {
    brokers: Vec<BrokerNode>,
    controller: Option<BrokerId>,
    slots: HashMap<(String, u16), SharedSlot>,
    rng: Rng,
}

/// Why there is no connection now.
#[derive(Debug)]
enum NotReady {
    /// The address is not to be tried before this time.
    Until(Instant),
    /// Trying again would not help.
    Failed(ClientError),
}

/// The cluster as a client sees it.
#[derive(Debug)]
pub struct Cluster {
    config: ClientConfig,
    bootstrap: Vec<BrokerNode>,
    /// Never held across a wait; a slot's lock is, so it is taken after this one is released.
    state: Mutex<State>,
}

impl Cluster {
    /// Returns the cluster of these settings; nothing is connected yet.
    #[must_use]
    pub fn new(config: ClientConfig) -> Arc<Self> {
        let bootstrap = (1..)
            .zip(&config.bootstrap)
            .map(|(number, address): (i32, _)| BrokerNode {
                id: BrokerId(-number),
                host: address.host.clone(),
                port: address.port,
                rack: None,
                fenced: false,
            })
            .collect();
        Arc::new(Self {
            config,
            bootstrap,
            state: Mutex::new(State {
                brokers: Vec::new(),
                controller: None,
                slots: HashMap::new(),
                rng: Rng::from_os(),
            }),
        })
    }

    /// Returns the settings.
    #[must_use]
    pub const fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Returns the brokers that the last Metadata response named.
    #[must_use]
    pub fn brokers(&self) -> Vec<BrokerNode> {
        self.state.lock().brokers.clone()
    }

    /// Returns when a call that begins now has to be done.
    pub(crate) fn api_deadline(&self) -> Instant {
        Instant::now() + self.config.api_timeout
    }

    /// Sends a request, again if the connection fails, and returns its answer.
    ///
    /// `name` is Kafka's name of the call, for the sentence of a call that ran out of time.
    pub(crate) async fn call<R: ApiRequest>(
        &self,
        name: &str,
        target: Target,
        deadline: Instant,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response, ClientError> {
        let mut failures = 0;
        loop {
            let session = self.session(name, target, deadline).await?;
            let call = tokio::time::timeout_at(deadline, session.call(&build));
            let error = match call.await.unwrap_or_else(|_| Err(out_of_time())) {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            if !error.is_retriable() {
                return Err(error);
            }
            failures += 1;
            let wait = self.retry_wait(failures);
            if Instant::now() + wait >= deadline {
                return Err(timed_out(name, failures, &error));
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Asks a broker for metadata, and remembers the brokers that it names.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers before the deadline.
    pub(crate) async fn metadata(
        &self,
        name: &str,
        wanted: &TopicsWanted,
        deadline: Instant,
    ) -> Result<MetadataSnapshot, ClientError> {
        let mut failures = 0;
        loop {
            let session = self.session(name, Target::Any, deadline).await?;
            let call = tokio::time::timeout_at(deadline, self.metadata_from(&session, wanted));
            let error = match call.await.unwrap_or_else(|_| Err(out_of_time())) {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            if !error.is_retriable() {
                return Err(error);
            }
            failures += 1;
            let wait = self.retry_wait(failures);
            if Instant::now() + wait >= deadline {
                return Err(timed_out(name, failures, &error));
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn metadata_from(
        &self,
        session: &Session,
        wanted: &TopicsWanted,
    ) -> Result<MetadataSnapshot, ClientError> {
        let spoken = ApiKey::Metadata.row().versions;
        let range = VersionRange {
            min: wanted.min_version(),
            ..spoken
        };
        let version = session.versions.choose_within(ApiKey::Metadata, range)?;
        let request = wanted.request(version);
        let mut expected = session.send_version(version, &request).await?;
        let id = expected.correlation_id();
        let body = expected.response().await?;
        ClientError::check(body.error_code, None)?;
        let found = snapshot(id, &body);
        let mut state = self.state.lock();
        if !found.brokers.is_empty() {
            state.brokers.clone_from(&found.brokers);
        }
        state.controller = found.controller;
        drop(state);
        Ok(found)
    }

    /// Returns how long to wait after so many failures of a call.
    pub(crate) fn retry_wait(&self, failures: u32) -> std::time::Duration {
        let backoff = self.config.retry_backoff;
        backoff.wait(failures, &mut self.state.lock().rng)
    }

    /// Forgets which broker takes requests for the controller.
    pub(crate) fn forget_controller(&self) {
        self.state.lock().controller = None;
    }

    /// Returns a connection to the target, waiting for one until the deadline.
    pub(crate) async fn session(
        &self,
        name: &str,
        target: Target,
        deadline: Instant,
    ) -> Result<Arc<Session>, ClientError> {
        loop {
            let mut retry_at = deadline;
            for node in self.candidates(target, deadline).await? {
                match tokio::time::timeout_at(deadline, self.open(&node)).await {
                    Ok(Ok(session)) => return Ok(session),
                    Ok(Err(NotReady::Until(at))) => retry_at = retry_at.min(at),
                    Ok(Err(NotReady::Failed(error))) => return Err(error),
                    Err(_) => break,
                }
            }
            if retry_at >= deadline {
                tokio::time::sleep_until(deadline).await;
                let sentence = match target {
                    Target::Broker(_) if !self.brokers().is_empty() => {
                        "Timed out waiting to send the call."
                    }
                    _ => "Timed out waiting for a node assignment.",
                };
                return Err(ClientError::Timeout {
                    message: format!("{sentence} Call: {name}"),
                });
            }
            tokio::time::sleep_until(retry_at).await;
        }
    }

    /// Returns the connection to this broker, if there is one.
    pub(crate) fn live_session(&self, id: BrokerId) -> Option<Arc<Session>> {
        let slot = {
            let state = self.state.lock();
            let node = state.brokers.iter().find(|node| node.id == id)?;
            Arc::clone(state.slots.get(&(node.host.clone(), node.port))?)
        };
        // A slot that is locked is being opened.
        let slot = slot.try_lock().ok()?;
        let session = slot.session.as_ref()?;
        (!session.connection.is_ended()).then(|| Arc::clone(session))
    }

    fn node(&self, id: BrokerId) -> Option<BrokerNode> {
        let state = self.state.lock();
        state.brokers.iter().find(|node| node.id == id).cloned()
    }

    /// Returns the nodes that could take a call for `target`, the best first.
    async fn candidates(
        &self,
        target: Target,
        deadline: Instant,
    ) -> Result<Vec<BrokerNode>, ClientError> {
        match target {
            Target::Any => Ok(self.any_candidates()),
            Target::Broker(id) => {
                if let Some(node) = self.node(id) {
                    return Ok(vec![node]);
                }
                self.refresh_brokers(deadline).await?;
                Ok(self.node(id).into_iter().collect())
            }
            Target::Controller => {
                if let Some(node) = self.controller_node() {
                    return Ok(vec![node]);
                }
                self.refresh_brokers(deadline).await?;
                // Without a known controller any broker passes the request on (KIP-590).
                Ok(self
                    .controller_node()
                    .map_or_else(|| self.any_candidates(), |node| vec![node]))
            }
        }
    }

    fn controller_node(&self) -> Option<BrokerNode> {
        let id = self.state.lock().controller?;
        self.node(id)
    }

    async fn refresh_brokers(&self, deadline: Instant) -> Result<(), ClientError> {
        // Boxed: a session asks for candidates, which ask for a session to any broker.
        let nothing = TopicsWanted::None;
        let refresh = Box::pin(self.metadata("fetchMetadata", &nothing, deadline));
        refresh.await.map(|_| ())
    }

    /// Returns all nodes: those with a live connection, other brokers, bootstrap addresses.
    fn any_candidates(&self) -> Vec<BrokerNode> {
        let state = self.state.lock();
        let mut nodes: Vec<BrokerNode> = state
            .brokers
            .iter()
            .chain(&self.bootstrap)
            .cloned()
            .collect();
        let is_live = |node: &BrokerNode| {
            let slot = state.slots.get(&(node.host.clone(), node.port));
            // A slot that is locked is being opened, so it is not live yet.
            slot.and_then(|slot| slot.try_lock().ok())
                .is_some_and(|slot| {
                    slot.session
                        .as_ref()
                        .is_some_and(|s| !s.connection.is_ended())
                })
        };
        nodes.sort_by_cached_key(|node| !is_live(node));
        nodes
    }

    /// Returns the connection to a node, opened if need be and allowed now.
    async fn open(&self, node: &BrokerNode) -> Result<Arc<Session>, NotReady> {
        let slot = {
            let mut state = self.state.lock();
            let key = (node.host.clone(), node.port);
            Arc::clone(state.slots.entry(key).or_default())
        };
        let mut slot = slot.lock().await;
        if let Some(session) = &slot.session {
            if !session.connection.is_ended() {
                return Ok(Arc::clone(session));
            }
            slot.session = None;
        }
        let now = Instant::now();
        if let Some(at) = slot.retry_at.filter(|at| *at > now) {
            return Err(NotReady::Until(at));
        }
        match connect(&self.config, node).await {
            Ok(session) => {
                let session = Arc::new(session);
                slot.session = Some(Arc::clone(&session));
                slot.failures = 0;
                slot.retry_at = None;
                Ok(session)
            }
            Err(Some(error)) => Err(NotReady::Failed(error)),
            Err(None) => {
                slot.failures += 1;
                let backoff = self.config.reconnect_backoff;
                let wait = backoff.wait(slot.failures, &mut self.state.lock().rng);
                let at = Instant::now() + wait;
                slot.retry_at = Some(at);
                Err(NotReady::Until(at))
            }
        }
    }
}

/// Returns the error of a request that is still unanswered when the call's time is over.
fn out_of_time() -> ClientError {
    ClientError::Timeout {
        message: "The broker did not answer in time.".into(),
    }
}

/// Returns the error of a call that was sent, and sent again, until its time was over.
fn timed_out(name: &str, tries: u32, cause: &ClientError) -> ClientError {
    ClientError::Timeout {
        message: format!("Call(callName={name}) timed out after {tries} attempt(s): {cause}"),
    }
}
