//! Responses of the group APIs, with every field of the version set.

use kt::protocol::messages::*;

use super::{Filled, extra, group, id, text, topic};

impl Filled for OffsetCommitResponse {
    fn filled(version: i16) -> Self {
        use offset_commit_response::*;
        let partition = |index| {
            extra!(OffsetCommitResponsePartition::default())
                .with_partition_index(index)
                .with_error_code(12)
        };
        let topic = |name| {
            let topic = extra!(OffsetCommitResponseTopic::default())
                .with_partitions(vec![partition(0), partition(1)]);
            if version >= 10 {
                topic.with_topic_id(id())
            } else {
                topic.with_name(self::topic(name))
            }
        };
        let mut response = extra!(Self::default()).with_topics(vec![topic("a"), topic("b")]);
        if version >= 3 {
            response.throttle_time_ms = 8;
        }
        response
    }
}

impl Filled for OffsetFetchResponse {
    fn filled(version: i16) -> Self {
        let mut response = extra!(Self::default());
        if version >= 3 {
            response.throttle_time_ms = 8;
        }
        if version <= 7 {
            if version >= 2 {
                response.error_code = 16;
            }
            return response.with_topics(vec![
                topic_by_name(version, "a"),
                topic_by_name(version, "b"),
            ]);
        }
        let of = |name| {
            extra!(offset_fetch_response::OffsetFetchResponseGroup::default())
                .with_group_id(group(name))
                .with_topics(vec![
                    topic_of_group(version, "a"),
                    topic_of_group(version, "b"),
                ])
                .with_error_code(25)
        };
        response.with_groups(vec![of("g"), of("h")])
    }
}

fn topic_by_name(version: i16, name: &str) -> offset_fetch_response::OffsetFetchResponseTopic {
    use offset_fetch_response::*;
    let partition = |index, metadata| {
        let mut partition = extra!(OffsetFetchResponsePartition::default())
            .with_partition_index(index)
            .with_committed_offset(1 << 33)
            .with_metadata(metadata)
            .with_error_code(3);
        if version >= 5 {
            partition.committed_leader_epoch = 2;
        }
        partition
    };
    extra!(OffsetFetchResponseTopic::default())
        .with_name(topic(name))
        .with_partitions(vec![
            partition(0, Some(text("at noon"))),
            partition(1, None),
        ])
}

fn topic_of_group(version: i16, name: &str) -> offset_fetch_response::OffsetFetchResponseTopics {
    use offset_fetch_response::*;
    let partition = |index, metadata| {
        extra!(OffsetFetchResponsePartitions::default())
            .with_partition_index(index)
            .with_committed_offset(1 << 33)
            .with_committed_leader_epoch(2)
            .with_metadata(metadata)
            .with_error_code(3)
    };
    let of = extra!(OffsetFetchResponseTopics::default()).with_partitions(vec![
        partition(0, Some(text("at noon"))),
        partition(1, None),
    ]);
    if version >= 10 {
        of.with_topic_id(id())
    } else {
        of.with_name(topic(name))
    }
}

impl Filled for JoinGroupResponse {
    fn filled(version: i16) -> Self {
        let member = |name: &str| {
            let mut member = extra!(join_group_response::JoinGroupResponseMember::default())
                .with_member_id(text(name))
                .with_metadata(vec![1; 9].into());
            if version >= 5 {
                member.group_instance_id = Some(text("i"));
            }
            member
        };
        let mut response = extra!(Self::default())
            .with_error_code(27)
            .with_generation_id(6)
            .with_protocol_name(Some(text("range")))
            .with_leader(text("m"))
            .with_member_id(text("n"))
            .with_members(vec![member("m"), member("n")]);
        if version >= 2 {
            response.throttle_time_ms = 8;
        }
        if version >= 7 {
            response.protocol_type = Some(text("consumer"));
        }
        if version >= 9 {
            response.skip_assignment = true;
        }
        response
    }
}

impl Filled for HeartbeatResponse {
    fn filled(version: i16) -> Self {
        let mut response = extra!(Self::default()).with_error_code(27);
        if version >= 1 {
            response.throttle_time_ms = 8;
        }
        response
    }
}

impl Filled for LeaveGroupResponse {
    fn filled(version: i16) -> Self {
        let member = |instance| {
            extra!(leave_group_response::MemberResponse::default())
                .with_member_id(text("m"))
                .with_group_instance_id(instance)
                .with_error_code(25)
        };
        let mut response = extra!(Self::default()).with_error_code(15);
        if version >= 1 {
            response.throttle_time_ms = 8;
        }
        if version >= 3 {
            response.members = vec![member(None), member(Some(text("i")))];
        }
        response
    }
}

impl Filled for SyncGroupResponse {
    fn filled(version: i16) -> Self {
        let mut response = extra!(Self::default())
            .with_error_code(22)
            .with_assignment(vec![4; 11].into());
        if version >= 1 {
            response.throttle_time_ms = 8;
        }
        if version >= 5 {
            response.protocol_type = Some(text("consumer"));
            response.protocol_name = Some(text("range"));
        }
        response
    }
}

impl Filled for DescribeGroupsResponse {
    fn filled(version: i16) -> Self {
        use describe_groups_response::*;
        let member = |name: &str| {
            let mut member = extra!(DescribedGroupMember::default())
                .with_member_id(text(name))
                .with_client_id(text("c"))
                .with_client_host(text("/127.0.0.1"))
                .with_member_metadata(vec![1; 3].into())
                .with_member_assignment(vec![2; 4].into());
            if version >= 4 {
                member.group_instance_id = Some(text("i"));
            }
            member
        };
        let of = |name, message| {
            let mut of = extra!(DescribedGroup::default())
                .with_error_code(69)
                .with_group_id(group(name))
                .with_group_state(text("Stable"))
                .with_protocol_type(text("consumer"))
                .with_protocol_data(text("range"))
                .with_members(vec![member("m"), member("n")]);
            if version >= 3 {
                of.authorized_operations = 264;
            }
            if version >= 6 {
                of.error_message = message;
            }
            of
        };
        let mut response = extra!(Self::default())
            .with_groups(vec![of("g", None), of("h", Some(text("not there")))]);
        if version >= 1 {
            response.throttle_time_ms = 8;
        }
        response
    }
}

impl Filled for ListGroupsResponse {
    fn filled(version: i16) -> Self {
        let listed = |name| {
            let mut listed = extra!(list_groups_response::ListedGroup::default())
                .with_group_id(group(name))
                .with_protocol_type(text("consumer"));
            if version >= 4 {
                listed.group_state = text("Stable");
            }
            if version >= 5 {
                listed.group_type = text("classic");
            }
            listed
        };
        let mut response = extra!(Self::default())
            .with_error_code(15)
            .with_groups(vec![listed("g"), listed("h")]);
        if version >= 1 {
            response.throttle_time_ms = 8;
        }
        response
    }
}

impl Filled for DeleteGroupsResponse {
    fn filled(_version: i16) -> Self {
        let result = |name| {
            extra!(delete_groups_response::DeletableGroupResult::default())
                .with_group_id(group(name))
                .with_error_code(68)
        };
        extra!(Self::default())
            .with_throttle_time_ms(8)
            .with_results(vec![result("g"), result("h")])
    }
}

impl Filled for OffsetDeleteResponse {
    fn filled(_version: i16) -> Self {
        use offset_delete_response::*;
        let partition = |index| {
            OffsetDeleteResponsePartition::default()
                .with_partition_index(index)
                .with_error_code(86)
        };
        let topic = |name| {
            OffsetDeleteResponseTopic::default()
                .with_name(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        Self::default()
            .with_error_code(68)
            .with_throttle_time_ms(8)
            .with_topics(vec![topic("a"), topic("b")])
    }
}

impl Filled for ConsumerGroupHeartbeatResponse {
    fn filled(_version: i16) -> Self {
        use consumer_group_heartbeat_response::*;
        let topic = |partitions| {
            extra!(TopicPartitions::default())
                .with_topic_id(id())
                .with_partitions(partitions)
        };
        let assignment = extra!(Assignment::default())
            .with_topic_partitions(vec![topic(vec![0, 1]), topic(vec![])]);
        extra!(Self::default())
            .with_throttle_time_ms(8)
            .with_error_code(110)
            .with_error_message(Some(text("too old")))
            .with_member_id(Some(text("m")))
            .with_member_epoch(4)
            .with_heartbeat_interval_ms(5_000)
            .with_assignment(Some(assignment))
    }
}

impl Filled for ConsumerGroupDescribeResponse {
    fn filled(version: i16) -> Self {
        use consumer_group_describe_response::*;
        let topic = |name| {
            extra!(TopicPartitions::default())
                .with_topic_id(id())
                .with_topic_name(topic(name))
                .with_partitions(vec![0, 1])
        };
        let assignment =
            || extra!(Assignment::default()).with_topic_partitions(vec![topic("a"), topic("b")]);
        let member = |name: &str| {
            let mut member = extra!(Member::default())
                .with_member_id(text(name))
                .with_instance_id(Some(text("i")))
                .with_rack_id(Some(text("r")))
                .with_member_epoch(3)
                .with_client_id(text("c"))
                .with_client_host(text("/127.0.0.1"))
                .with_subscribed_topic_names(vec![self::topic("a"), self::topic("b")])
                .with_subscribed_topic_regex(Some(text("a.*")))
                .with_assignment(assignment())
                .with_target_assignment(assignment());
            if version >= 1 {
                member.member_type = 1;
            }
            member
        };
        let of = |name, message| {
            extra!(DescribedGroup::default())
                .with_error_code(69)
                .with_error_message(message)
                .with_group_id(group(name))
                .with_group_state(text("Stable"))
                .with_group_epoch(3)
                .with_assignment_epoch(2)
                .with_assignor_name(text("uniform"))
                .with_members(vec![member("m"), member("n")])
                .with_authorized_operations(264)
        };
        extra!(Self::default())
            .with_throttle_time_ms(8)
            .with_groups(vec![of("g", None), of("h", Some(text("not there")))])
    }
}
