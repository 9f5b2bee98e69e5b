//! The heartbeats of the classic protocol, in the background.
//!
//! They go on while the group rebalances, until the poll joins again: a member that is slow to
//! poll has its whole rebalance time. They end, and the member leaves, when its owner has not
//! polled for `max.poll.interval.ms`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::classic;
use super::member::{Member, Signal};
use crate::client::error::ClientError;
use crate::client::group_coordinator::for_group;
use crate::client::metadata::text;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{GroupId, HeartbeatRequest};

/// How long a member that gives up takes to say so.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);

/// Says that the member of this generation lives, until it is none any more.
pub(super) async fn beat(member: Arc<Member>, generation: i32) {
    let interval = member.config.heartbeat_interval;
    loop {
        tokio::time::sleep(interval).await;
        if member.is_abandoned() {
            member.log_abandoned();
            member.tell(generation, Signal::Lost);
            // The session ends by itself where nobody hears this.
            let reason = "consumer poll timeout has expired.";
            let _unheard = classic::leave(&member, reason, LEAVE_PATIENCE).await;
            return;
        }
        let who = member.identity();
        if who.generation != generation {
            return;
        }
        let build = |version| {
            let mut request = HeartbeatRequest::default()
                .with_group_id(GroupId(text(&who.group)))
                .with_generation_id(generation)
                .with_member_id(text(&who.member_id));
            if version >= 3 {
                request.group_instance_id = who.instance_id.as_deref().map(text);
            }
            request
        };
        let deadline = Instant::now() + member.client.request_timeout;
        let beat = member.coordinator.try_call("heartbeat", deadline, &build);
        let result = match beat.await {
            Ok(response) => ClientError::check(response.error_code, None),
            Err(error) => Err(error),
        };
        if let Err(error) = result
            && !goes_on(&member, generation, error)
        {
            return;
        }
    }
}

/// Tells the poll what an error means; returns whether heartbeats go on.
fn goes_on(member: &Member, generation: i32, error: ClientError) -> bool {
    match error.code() {
        Some(ErrorCode::RebalanceInProgress) => {
            member.tell(generation, Signal::Rebalance);
            true
        }
        Some(code @ (ErrorCode::IllegalGeneration | ErrorCode::UnknownMemberId)) => {
            let mut state = member.state.lock();
            if state.generation == generation {
                state.generation = -1;
                if code == ErrorCode::UnknownMemberId {
                    state.member_id.clear();
                }
            }
            drop(state);
            member.tell(generation, Signal::Lost);
            false
        }
        Some(ErrorCode::CoordinatorLoadInProgress) => true,
        _ if error.is_retriable() => {
            member.coordinator.forget();
            true
        }
        _ => {
            let error = for_group(error, &member.config.id);
            member.tell(generation, Signal::Failed(error));
            false
        }
    }
}
