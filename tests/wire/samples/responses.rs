//! Responses with several elements in each array and every field of the version set.

use kt::protocol::messages::*;

use super::{Filled, extra, id, text, topic};

impl Filled for ProduceResponse {
    fn filled(version: i16) -> Self {
        use produce_response::*;
        let record_error = |message| {
            extra!(BatchIndexAndErrorMessage::default())
                .with_batch_index(3)
                .with_batch_index_error_message(message)
        };
        let partition = |index| {
            let mut partition = extra!(PartitionProduceResponse::default())
                .with_index(index)
                .with_error_code(6)
                .with_base_offset(1 << 40)
                .with_log_append_time_ms(1_700_000_000_000);
            if version >= 5 {
                partition.log_start_offset = 4;
            }
            if version >= 8 {
                partition.record_errors = vec![record_error(Some(text("no"))), record_error(None)];
                partition.error_message = Some(text("not here"));
            }
            if version >= 10 {
                partition.current_leader = extra!(LeaderIdAndEpoch::default())
                    .with_leader_id(BrokerId(2))
                    .with_leader_epoch(5);
            }
            partition
        };
        let topic = |name: &str| {
            let topic = extra!(TopicProduceResponse::default())
                .with_partition_responses(vec![partition(0), partition(1)]);
            if version >= 13 {
                topic.with_topic_id(id())
            } else {
                topic.with_name(self::topic(name))
            }
        };
        let mut response = extra!(Self::default())
            .with_responses(vec![topic("a"), topic("b")])
            .with_throttle_time_ms(7);
        if version >= 10 {
            let endpoint = extra!(NodeEndpoint::default())
                .with_node_id(BrokerId(2))
                .with_host(text("localhost"))
                .with_port(9092)
                .with_rack(Some(text("r")));
            response.node_endpoints = vec![endpoint.clone(), endpoint.with_rack(None)];
        }
        response
    }
}

impl Filled for FetchResponse {
    fn filled(version: i16) -> Self {
        use fetch_response::*;
        let aborted = extra!(AbortedTransaction::default())
            .with_producer_id(ProducerId(4))
            .with_first_offset(90);
        let partition = |aborted, records| {
            let mut partition = extra!(PartitionData::default())
                .with_partition_index(1)
                .with_error_code(6)
                .with_high_watermark(100)
                .with_last_stable_offset(99)
                .with_aborted_transactions(aborted)
                .with_records(records);
            if version >= 5 {
                partition.log_start_offset = 4;
            }
            if version >= 11 {
                partition.preferred_read_replica = BrokerId(3);
            }
            if version >= 12 {
                partition.diverging_epoch = extra!(EpochEndOffset::default())
                    .with_epoch(2)
                    .with_end_offset(50);
                partition.current_leader = extra!(LeaderIdAndEpoch::default())
                    .with_leader_id(BrokerId(2))
                    .with_leader_epoch(5);
                partition.snapshot_id = extra!(SnapshotId::default())
                    .with_end_offset(10)
                    .with_epoch(1);
            }
            partition
        };
        let topic = |name: &str| {
            let topic = extra!(FetchableTopicResponse::default()).with_partitions(vec![
                partition(None, None),
                partition(Some(vec![]), Some(vec![].into())),
                partition(
                    Some(vec![aborted.clone(), aborted.clone()]),
                    Some(vec![9; 100].into()),
                ),
            ]);
            if version >= 13 {
                topic.with_topic_id(id())
            } else {
                topic.with_topic(self::topic(name))
            }
        };
        let mut response = extra!(Self::default())
            .with_throttle_time_ms(7)
            .with_responses(vec![topic("a"), topic("b")]);
        if version >= 7 {
            response.error_code = 1;
            response.session_id = 9;
        }
        if version >= 16 {
            let endpoint = extra!(NodeEndpoint::default())
                .with_node_id(BrokerId(2))
                .with_host(text("localhost"))
                .with_port(9092)
                .with_rack(Some(text("r")));
            response.node_endpoints = vec![endpoint.clone(), endpoint.with_rack(None)];
        }
        response
    }
}

impl Filled for ListOffsetsResponse {
    fn filled(version: i16) -> Self {
        use list_offsets_response::*;
        let partition = |index| {
            let mut partition = extra!(ListOffsetsPartitionResponse::default())
                .with_partition_index(index)
                .with_error_code(1)
                .with_timestamp(5)
                .with_offset(6);
            if version >= 4 {
                partition.leader_epoch = 7;
            }
            partition
        };
        let topic = |name| {
            extra!(ListOffsetsTopicResponse::default())
                .with_name(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        let mut response = extra!(Self::default()).with_topics(vec![topic("a"), topic("b")]);
        if version >= 2 {
            response.throttle_time_ms = 8;
        }
        response
    }
}

impl Filled for MetadataResponse {
    fn filled(version: i16) -> Self {
        use metadata_response::*;
        let mut broker = extra!(MetadataResponseBroker::default())
            .with_node_id(BrokerId(1))
            .with_host(text("localhost"))
            .with_port(9092);
        if version >= 1 {
            broker.rack = Some(text("r"));
        }
        let partition = |index| {
            let mut partition = extra!(MetadataResponsePartition::default())
                .with_error_code(5)
                .with_partition_index(index)
                .with_leader_id(BrokerId(1))
                .with_replica_nodes(vec![BrokerId(1), BrokerId(2)])
                .with_isr_nodes(vec![BrokerId(1)]);
            if version >= 5 {
                partition.offline_replicas = vec![BrokerId(2), BrokerId(3)];
            }
            if version >= 7 {
                partition.leader_epoch = 11;
            }
            partition
        };
        let topic = |name: &str| {
            let mut topic = extra!(MetadataResponseTopic::default())
                .with_error_code(3)
                .with_name(Some(topic(name)))
                .with_partitions(vec![partition(0), partition(1)]);
            if version >= 1 {
                topic.is_internal = true;
            }
            if version >= 8 {
                topic.topic_authorized_operations = 12;
            }
            if version >= 10 {
                topic.topic_id = id();
            }
            topic
        };
        let mut response = extra!(Self::default())
            .with_brokers(vec![broker.clone(), broker])
            .with_topics(vec![topic("a"), topic("b")]);
        if version >= 1 {
            response.controller_id = BrokerId(1);
        }
        if version >= 2 {
            response.cluster_id = Some(text("cluster"));
        }
        if version >= 3 {
            response.throttle_time_ms = 1;
        }
        if (8..=10).contains(&version) {
            response.cluster_authorized_operations = 13;
        }
        if version >= 13 {
            response.error_code = 129;
        }
        response
    }
}

impl Filled for FindCoordinatorResponse {
    fn filled(version: i16) -> Self {
        use find_coordinator_response::*;
        let mut response = extra!(Self::default());
        if version >= 1 {
            response.throttle_time_ms = 1;
        }
        if (1..=3).contains(&version) {
            response.error_message = Some(text("later"));
        }
        if version <= 3 {
            response.error_code = 15;
            response.node_id = BrokerId(1);
            response.host = text("localhost");
            response.port = 9092;
        } else {
            let coordinator = |message| {
                extra!(Coordinator::default())
                    .with_key(text("group"))
                    .with_node_id(BrokerId(1))
                    .with_host(text("localhost"))
                    .with_port(9092)
                    .with_error_code(15)
                    .with_error_message(message)
            };
            response.coordinators = vec![coordinator(None), coordinator(Some(text("later")))];
        }
        response
    }
}

impl Filled for ApiVersionsResponse {
    fn filled(version: i16) -> Self {
        use api_versions_response::*;
        let api = |key| {
            extra!(ApiVersion::default())
                .with_api_key(key)
                .with_min_version(0)
                .with_max_version(4)
        };
        let mut response = extra!(Self::default())
            .with_error_code(35)
            .with_api_keys(vec![api(0), api(1), api(18)]);
        if version >= 1 {
            response.throttle_time_ms = 1;
        }
        if version >= 3 {
            let supported = |name: &str| {
                extra!(SupportedFeatureKey::default())
                    .with_name(text(name))
                    .with_min_version(1)
                    .with_max_version(2)
            };
            let finalized = |name: &str| {
                extra!(FinalizedFeatureKey::default())
                    .with_name(text(name))
                    .with_min_version_level(1)
                    .with_max_version_level(2)
            };
            response.supported_features = vec![supported("a.version"), supported("b.version")];
            response.finalized_features_epoch = 44;
            response.finalized_features = vec![finalized("a.version"), finalized("b.version")];
            response.zk_migration_ready = true;
        }
        response
    }
}

impl Filled for CreateTopicsResponse {
    fn filled(version: i16) -> Self {
        use create_topics_response::*;
        let config = |value| {
            extra!(CreatableTopicConfigs::default())
                .with_name(text("retention.ms"))
                .with_value(value)
                .with_read_only(true)
                .with_config_source(5)
                .with_is_sensitive(true)
        };
        let topic = |message| {
            let mut topic = extra!(CreatableTopicResult::default())
                .with_name(topic("a"))
                .with_error_code(36)
                .with_error_message(message);
            if version >= 5 {
                topic.topic_config_error_code = 29;
                topic.num_partitions = 3;
                topic.replication_factor = 1;
                topic.configs = Some(vec![config(Some(text("1"))), config(None)]);
            }
            if version >= 7 {
                topic.topic_id = id();
            }
            topic
        };
        let mut nameless = topic(None);
        if version >= 5 {
            nameless.configs = None;
        }
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_topics(vec![topic(Some(text("exists"))), nameless])
    }
}

impl Filled for DeleteTopicsResponse {
    fn filled(version: i16) -> Self {
        let result = |name| {
            let mut result = extra!(delete_topics_response::DeletableTopicResult::default())
                .with_name(name)
                .with_error_code(3);
            if version >= 5 {
                result.error_message = Some(text("unknown"));
            }
            if version >= 6 {
                result.topic_id = id();
            }
            result
        };
        let second = if version >= 6 { None } else { Some(topic("b")) };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_responses(vec![result(Some(topic("a"))), result(second)])
    }
}

impl Filled for DeleteRecordsResponse {
    fn filled(_version: i16) -> Self {
        use delete_records_response::*;
        let partition = |index| {
            extra!(DeleteRecordsPartitionResult::default())
                .with_partition_index(index)
                .with_low_watermark(5)
                .with_error_code(1)
        };
        let topic = |name| {
            extra!(DeleteRecordsTopicResult::default())
                .with_name(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_topics(vec![topic("a"), topic("b")])
    }
}

impl Filled for InitProducerIdResponse {
    fn filled(_version: i16) -> Self {
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_error_code(47)
            .with_producer_id(ProducerId(1 << 40))
            .with_producer_epoch(3)
    }
}

impl Filled for OffsetForLeaderEpochResponse {
    fn filled(_version: i16) -> Self {
        use offset_for_leader_epoch_response::*;
        let partition = |index| {
            extra!(EpochEndOffset::default())
                .with_partition(index)
                .with_error_code(1)
                .with_leader_epoch(2)
                .with_end_offset(3)
        };
        let topic = |name| {
            extra!(OffsetForLeaderTopicResult::default())
                .with_topic(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_topics(vec![topic("a"), topic("b")])
    }
}

impl Filled for DescribeConfigsResponse {
    fn filled(version: i16) -> Self {
        use describe_configs_response::*;
        let synonym = |value| {
            extra!(DescribeConfigsSynonym::default())
                .with_name(text("log.retention.ms"))
                .with_value(value)
                .with_source(5)
        };
        let config = |value| {
            let mut config = extra!(DescribeConfigsResourceResult::default())
                .with_name(text("retention.ms"))
                .with_value(value)
                .with_read_only(true)
                .with_config_source(4)
                .with_is_sensitive(true)
                .with_synonyms(vec![synonym(None), synonym(Some(text("1")))]);
            if version >= 3 {
                config.config_type = 5;
                config.documentation = Some(text("How long."));
            }
            config
        };
        let result = |message| {
            extra!(DescribeConfigsResult::default())
                .with_error_code(3)
                .with_error_message(message)
                .with_resource_type(2)
                .with_resource_name(text("orders"))
                .with_configs(vec![config(None), config(Some(text("1")))])
        };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_results(vec![result(None), result(Some(text("no")))])
    }
}

impl Filled for AlterConfigsResponse {
    fn filled(_version: i16) -> Self {
        let resource = |message| {
            extra!(alter_configs_response::AlterConfigsResourceResponse::default())
                .with_error_code(40)
                .with_error_message(message)
                .with_resource_type(2)
                .with_resource_name(text("orders"))
        };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_responses(vec![resource(None), resource(Some(text("no")))])
    }
}

impl Filled for CreatePartitionsResponse {
    fn filled(_version: i16) -> Self {
        let topic = |message| {
            extra!(create_partitions_response::CreatePartitionsTopicResult::default())
                .with_name(topic("a"))
                .with_error_code(37)
                .with_error_message(message)
        };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_results(vec![topic(None), topic(Some(text("no")))])
    }
}

impl Filled for IncrementalAlterConfigsResponse {
    fn filled(_version: i16) -> Self {
        let resource = |message| {
            extra!(incremental_alter_configs_response::AlterConfigsResourceResponse::default())
                .with_error_code(40)
                .with_error_message(message)
                .with_resource_type(2)
                .with_resource_name(text("orders"))
        };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_responses(vec![resource(None), resource(Some(text("no")))])
    }
}

impl Filled for AlterReplicaLogDirsResponse {
    fn filled(_version: i16) -> Self {
        use alter_replica_log_dirs_response::*;
        let partition = |index| {
            extra!(AlterReplicaLogDirPartitionResult::default())
                .with_partition_index(index)
                .with_error_code(57)
        };
        let topic = |name| {
            extra!(AlterReplicaLogDirTopicResult::default())
                .with_topic_name(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_results(vec![topic("a"), topic("b")])
    }
}

impl Filled for DescribeLogDirsResponse {
    fn filled(version: i16) -> Self {
        use describe_log_dirs_response::*;
        let partition = |index| {
            extra!(DescribeLogDirsPartition::default())
                .with_partition_index(index)
                .with_partition_size(1000)
                .with_offset_lag(3)
                .with_is_future_key(true)
        };
        let topic = |name| {
            extra!(DescribeLogDirsTopic::default())
                .with_name(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        let dir = |path| {
            let mut known = extra!(DescribeLogDirsResult::default())
                .with_error_code(56)
                .with_log_dir(text(path))
                .with_topics(vec![topic("a"), topic("b")]);
            if version >= 4 {
                known.total_bytes = 1 << 40;
                known.usable_bytes = 1 << 39;
            }
            kt::protocol::messages::DescribeLogDirsResult {
                known,
                is_cordoned: version >= 5,
            }
        };
        let mut response = extra!(Self::default()).with_results(vec![dir("/a"), dir("/b")]);
        response.throttle_time_ms = 1;
        if version >= 3 {
            response.error_code = 41;
        }
        response
    }
}

impl Filled for AlterPartitionReassignmentsResponse {
    fn filled(version: i16) -> Self {
        use alter_partition_reassignments_response::*;
        let partition = |index, message| {
            extra!(ReassignablePartitionResponse::default())
                .with_partition_index(index)
                .with_error_code(39)
                .with_error_message(message)
        };
        let topic = |name| {
            extra!(ReassignableTopicResponse::default())
                .with_name(topic(name))
                .with_partitions(vec![partition(0, None), partition(1, Some(text("no")))])
        };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_allow_replication_factor_change(version < 1)
            .with_error_code(41)
            .with_error_message(Some(text("no")))
            .with_responses(vec![topic("a"), topic("b")])
    }
}

impl Filled for ListPartitionReassignmentsResponse {
    fn filled(_version: i16) -> Self {
        use list_partition_reassignments_response::*;
        let partition = |index| {
            extra!(OngoingPartitionReassignment::default())
                .with_partition_index(index)
                .with_replicas(vec![BrokerId(1), BrokerId(2), BrokerId(3)])
                .with_adding_replicas(vec![BrokerId(3)])
                .with_removing_replicas(vec![BrokerId(1), BrokerId(2)])
        };
        let topic = |name| {
            extra!(OngoingTopicReassignment::default())
                .with_name(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_error_code(41)
            .with_error_message(Some(text("no")))
            .with_topics(vec![topic("a"), topic("b")])
    }
}

impl Filled for DescribeClusterResponse {
    fn filled(version: i16) -> Self {
        let broker = |rack| {
            let mut broker = extra!(describe_cluster_response::DescribeClusterBroker::default())
                .with_broker_id(BrokerId(1))
                .with_host(text("localhost"))
                .with_port(9092)
                .with_rack(rack);
            if version >= 2 {
                broker.is_fenced = true;
            }
            broker
        };
        let mut response = extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_error_code(31)
            .with_error_message(Some(text("no")))
            .with_cluster_id(text("cluster"))
            .with_controller_id(BrokerId(1))
            .with_brokers(vec![broker(None), broker(Some(text("r")))])
            .with_cluster_authorized_operations(5);
        if version >= 1 {
            response.endpoint_type = 2;
        }
        response
    }
}

impl Filled for ListConfigResourcesResponse {
    fn filled(version: i16) -> Self {
        let resource = |name: &str| {
            let mut resource = extra!(list_config_resources_response::ConfigResource::default())
                .with_resource_name(text(name));
            if version >= 1 {
                resource.resource_type = 2;
            }
            resource
        };
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_error_code(31)
            .with_config_resources(vec![resource("a"), resource("b")])
    }
}

impl Filled for DescribeTopicPartitionsResponse {
    fn filled(_version: i16) -> Self {
        use describe_topic_partitions_response::*;
        let brokers = || vec![BrokerId(1), BrokerId(2)];
        let partition = |elr| {
            extra!(DescribeTopicPartitionsResponsePartition::default())
                .with_error_code(1)
                .with_partition_index(2)
                .with_leader_id(BrokerId(1))
                .with_leader_epoch(3)
                .with_replica_nodes(brokers())
                .with_isr_nodes(brokers())
                .with_eligible_leader_replicas(elr)
                .with_last_known_elr(Some(brokers()))
                .with_offline_replicas(brokers())
        };
        let topic = |name| {
            extra!(DescribeTopicPartitionsResponseTopic::default())
                .with_error_code(3)
                .with_name(name)
                .with_topic_id(id())
                .with_is_internal(true)
                .with_partitions(vec![partition(None), partition(Some(brokers()))])
                .with_topic_authorized_operations(9)
        };
        let cursor = extra!(Cursor::default())
            .with_topic_name(self::topic("b"))
            .with_partition_index(3);
        extra!(Self::default())
            .with_throttle_time_ms(1)
            .with_topics(vec![topic(Some(self::topic("a"))), topic(None)])
            .with_next_cursor(Some(cursor))
    }
}
