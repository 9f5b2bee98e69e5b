//! Requests of the group APIs, with every field of the version set.

use kt::protocol::messages::*;

use super::{Filled, extra, group, id, text, topic};

impl Filled for OffsetCommitRequest {
    fn filled(version: i16) -> Self {
        use offset_commit_request::*;
        let partition = |index, metadata| {
            let mut partition = extra!(OffsetCommitRequestPartition::default())
                .with_partition_index(index)
                .with_committed_offset(1 << 33)
                .with_committed_metadata(metadata);
            if version >= 6 {
                partition.committed_leader_epoch = 7;
            }
            partition
        };
        let topic = |name: &str| {
            let topic = extra!(OffsetCommitRequestTopic::default()).with_partitions(vec![
                partition(0, None),
                partition(1, Some(text("at noon"))),
            ]);
            if version >= 10 {
                topic.with_topic_id(id())
            } else {
                topic.with_name(self::topic(name))
            }
        };
        let mut request = extra!(Self::default())
            .with_group_id(group("g"))
            .with_generation_id_or_member_epoch(3)
            .with_member_id(text("m"))
            .with_topics(vec![topic("a"), topic("b")]);
        if version >= 7 {
            request.group_instance_id = Some(text("i"));
        }
        if version <= 4 {
            request.retention_time_ms = 60_000;
        }
        request
    }
}

impl Filled for OffsetFetchRequest {
    fn filled(version: i16) -> Self {
        use offset_fetch_request::*;
        let mut request = extra!(Self::default());
        if version >= 7 {
            request.require_stable = true;
        }
        if version <= 7 {
            let topic = |name| {
                extra!(OffsetFetchRequestTopic::default())
                    .with_name(topic(name))
                    .with_partition_indexes(vec![0, 1])
            };
            return request
                .with_group_id(group("g"))
                .with_topics(Some(vec![topic("a"), topic("b")]));
        }
        let topic = |name| {
            let topic =
                extra!(OffsetFetchRequestTopics::default()).with_partition_indexes(vec![0, 1]);
            if version >= 10 {
                topic.with_topic_id(id())
            } else {
                topic.with_name(self::topic(name))
            }
        };
        let of = |name, topics| {
            let mut of = extra!(OffsetFetchRequestGroup::default())
                .with_group_id(group(name))
                .with_topics(topics);
            if version >= 9 {
                of.member_id = Some(text("m"));
                of.member_epoch = 4;
            }
            of
        };
        request.with_groups(vec![
            of("g", None),
            of("h", Some(vec![topic("a"), topic("b")])),
        ])
    }
}

impl Filled for JoinGroupRequest {
    fn filled(version: i16) -> Self {
        let protocol = |name| {
            extra!(join_group_request::JoinGroupRequestProtocol::default())
                .with_name(text(name))
                .with_metadata(vec![1, 2, 3].into())
        };
        let mut request = extra!(Self::default())
            .with_group_id(group("g"))
            .with_session_timeout_ms(10_000)
            .with_member_id(text("m"))
            .with_protocol_type(text("consumer"))
            .with_protocols(vec![protocol("range"), protocol("roundrobin")]);
        if version >= 1 {
            request.rebalance_timeout_ms = 60_000;
        }
        if version >= 5 {
            request.group_instance_id = Some(text("i"));
        }
        if version >= 8 {
            request.reason = Some(text("because"));
        }
        request
    }
}

impl Filled for HeartbeatRequest {
    fn filled(version: i16) -> Self {
        let mut request = extra!(Self::default())
            .with_group_id(group("g"))
            .with_generation_id(4)
            .with_member_id(text("m"));
        if version >= 3 {
            request.group_instance_id = Some(text("i"));
        }
        request
    }
}

impl Filled for LeaveGroupRequest {
    fn filled(version: i16) -> Self {
        let request = extra!(Self::default()).with_group_id(group("g"));
        if version <= 2 {
            return request.with_member_id(text("m"));
        }
        let member = |instance| {
            let mut member = extra!(leave_group_request::MemberIdentity::default())
                .with_member_id(text("m"))
                .with_group_instance_id(instance);
            if version >= 5 {
                member.reason = Some(text("done"));
            }
            member
        };
        request.with_members(vec![member(None), member(Some(text("i")))])
    }
}

impl Filled for SyncGroupRequest {
    fn filled(version: i16) -> Self {
        let assignment = |member| {
            extra!(sync_group_request::SyncGroupRequestAssignment::default())
                .with_member_id(text(member))
                .with_assignment(vec![9; 5].into())
        };
        let mut request = extra!(Self::default())
            .with_group_id(group("g"))
            .with_generation_id(4)
            .with_member_id(text("m"))
            .with_assignments(vec![assignment("m"), assignment("n")]);
        if version >= 3 {
            request.group_instance_id = Some(text("i"));
        }
        if version >= 5 {
            request.protocol_type = Some(text("consumer"));
            request.protocol_name = Some(text("range"));
        }
        request
    }
}

impl Filled for DescribeGroupsRequest {
    fn filled(version: i16) -> Self {
        let mut request = extra!(Self::default()).with_groups(vec![group("g"), group("h")]);
        if version >= 3 {
            request.include_authorized_operations = true;
        }
        request
    }
}

impl Filled for ListGroupsRequest {
    fn filled(version: i16) -> Self {
        let mut request = extra!(Self::default());
        if version >= 4 {
            request.states_filter = vec![text("Stable"), text("Empty")];
        }
        if version >= 5 {
            request.types_filter = vec![text("classic"), text("consumer")];
        }
        request
    }
}

impl Filled for DeleteGroupsRequest {
    fn filled(_version: i16) -> Self {
        extra!(Self::default()).with_groups_names(vec![group("g"), group("h")])
    }
}

impl Filled for OffsetDeleteRequest {
    fn filled(_version: i16) -> Self {
        use offset_delete_request::*;
        let partition = |index| OffsetDeleteRequestPartition::default().with_partition_index(index);
        let topic = |name| {
            OffsetDeleteRequestTopic::default()
                .with_name(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        Self::default()
            .with_group_id(group("g"))
            .with_topics(vec![topic("a"), topic("b")])
    }
}

impl Filled for ConsumerGroupHeartbeatRequest {
    fn filled(version: i16) -> Self {
        let owned = |partitions| {
            extra!(consumer_group_heartbeat_request::TopicPartitions::default())
                .with_topic_id(id())
                .with_partitions(partitions)
        };
        let mut request = extra!(Self::default())
            .with_group_id(group("g"))
            .with_member_id(text("m"))
            .with_member_epoch(2)
            .with_instance_id(Some(text("i")))
            .with_rack_id(Some(text("r")))
            .with_rebalance_timeout_ms(5_000)
            .with_subscribed_topic_names(Some(vec![topic("a"), topic("b")]))
            .with_server_assignor(Some(text("range")))
            .with_topic_partitions(Some(vec![owned(vec![0, 1]), owned(vec![])]));
        if version >= 1 {
            request.subscribed_topic_regex = Some(text("a.*"));
        }
        request
    }
}

impl Filled for ConsumerGroupDescribeRequest {
    fn filled(_version: i16) -> Self {
        extra!(Self::default())
            .with_group_ids(vec![group("g"), group("h")])
            .with_include_authorized_operations(true)
    }
}
