//! What DescribeGroups tells.

use super::{ClassicGroup, State};
use crate::coordinator::group::request::{DescribedClassic, DescribedClassicMember, Member};

impl ClassicGroup {
    /// Returns the group as DescribeGroups tells it: assignments only of a stable one.
    pub(in crate::coordinator::group) fn describe(&self) -> DescribedClassic {
        let stable = self.state == State::Stable;
        let protocol = self.protocol.as_deref().filter(|_| stable);
        let members = self.members.iter().map(|(id, member)| {
            let told = |bytes: &[u8]| if stable { bytes.to_vec() } else { Vec::new() };
            DescribedClassicMember {
                member: Member {
                    id: id.clone(),
                    instance: member.instance.clone(),
                },
                client: member.client.clone(),
                metadata: told(member.metadata(protocol.unwrap_or_default())),
                assignment: told(&member.assignment),
            }
        });
        DescribedClassic {
            state: self.state.name(),
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            protocol: protocol.unwrap_or_default().to_owned(),
            members: members.collect(),
        }
    }
}
