//! What AlterConfigs and IncrementalAlterConfigs share: checks of resources, and the outcomes.
//!
//! What a broker knows better than the controller is checked here, as in Kafka's
//! ConfigAdminManager: whose settings they are, and the bounds that its own file sets.

use super::describe_configs::layers;
use crate::broker::context::RequestContext;
use crate::config::group::check_group_bounds;
use crate::controller::Refusal;
use crate::metadata::ConfigResource;
use crate::metadata::record::resource_type;
use crate::protocol::ErrorCode;

/// One outcome a resource: what was refused.
pub(super) type Outcome = Result<(), Refusal>;

pub(super) fn invalid(text: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, text)
}

/// Checks whether this broker may change what a request names.
pub(super) fn check(kind: i8, name: &str, context: &RequestContext<'_>) -> Outcome {
    match kind {
        resource_type::TOPIC if name.is_empty() => {
            Err(invalid("Default topic resources are not allowed."))
        }
        resource_type::GROUP if name.is_empty() => {
            Err(invalid("Default group resources are not allowed."))
        }
        resource_type::CLIENT_METRICS if name.is_empty() => {
            Err(invalid("Subscription name can't be empty"))
        }
        resource_type::BROKER if !name.is_empty() => {
            let own = context.node_id;
            match node_id(name)? {
                id if id == own.0 => Ok(()),
                id => Err(invalid(format!(
                    "Unexpected broker id, expected {own}, but received {id}"
                ))),
            }
        }
        resource_type::TOPIC
        | resource_type::GROUP
        | resource_type::CLIENT_METRICS
        | resource_type::BROKER => Ok(()),
        other => Err(invalid(format!("Unknown resource type {other}"))),
    }
}

/// Checks a key that is to be set against the bounds that this broker's file gives it.
pub(super) fn check_bounds(
    kind: i8,
    key: &str,
    value: Option<&str>,
    context: &RequestContext<'_>,
) -> Outcome {
    let (resource_type::GROUP, Some(value)) = (kind, value) else {
        return Ok(());
    };
    let image = context.image.load();
    let layers = layers(context, &image);
    check_group_bounds(key, value, |key| layers.broker_value(key))
        .map_err(|error| Refusal::new(ErrorCode::InvalidConfig, error.to_string()))
}

/// Parses the name of a broker.
pub(super) fn node_id(name: &str) -> Result<i32, Refusal> {
    name.parse()
        .map_err(|_| invalid(format!("Node id must be an integer, but it is: {name}")))
}

/// Resources on their way to the controller, and those that do not get there.
pub(super) struct Sorted<C> {
    /// What the controller decides.
    pub(super) accepted: Vec<(ConfigResource, C)>,
    /// The outcome of each resource of the request; `None` is for the controller to fill in.
    outcomes: Vec<(ConfigResource, Option<Outcome>)>,
}

impl<C> Sorted<C> {
    pub(super) fn new() -> Self {
        Self {
            accepted: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// Adds a resource with its changes, or what became of it.
    pub(super) fn push(&mut self, resource: ConfigResource, changes: Result<C, Outcome>) {
        match changes {
            Ok(changes) => {
                self.accepted.push((resource.clone(), changes));
                self.outcomes.push((resource, None));
            }
            Err(outcome) => self.outcomes.push((resource, Some(outcome))),
        }
    }

    /// Returns the outcome of each resource, in the order of the request.
    pub(super) fn outcomes(
        self,
        decided: Result<Vec<(ConfigResource, Outcome)>, ErrorCode>,
    ) -> impl Iterator<Item = (ConfigResource, Outcome)> {
        let (mut decided, failed) = match decided {
            Ok(decided) => (decided.into_iter(), ErrorCode::UnknownServerError),
            Err(code) => (Vec::new().into_iter(), code),
        };
        self.outcomes.into_iter().map(move |(resource, outcome)| {
            let outcome = outcome.unwrap_or_else(|| {
                let next = decided.next().map(|(_, outcome)| outcome);
                next.unwrap_or_else(|| Err(Refusal::plain(failed)))
            });
            (resource, outcome)
        })
    }
}
