//! Requests with several elements in each array and every field of the version set.

use kt::protocol::messages::*;

use super::{Filled, extra, id, text, topic};

impl Filled for ProduceRequest {
    fn filled(version: i16) -> Self {
        use produce_request::*;
        let partition = |index| {
            extra!(PartitionProduceData::default())
                .with_index(index)
                .with_records(Some(vec![7; 70].into()))
        };
        let topic = |name: &str| {
            let topic = extra!(TopicProduceData::default())
                .with_partition_data(vec![partition(0), partition(1).with_records(None)]);
            if version >= 13 {
                topic.with_topic_id(id())
            } else {
                topic.with_name(self::topic(name))
            }
        };
        extra!(Self::default())
            .with_transactional_id(Some(TransactionalId(text("transfers"))))
            .with_acks(-1)
            .with_timeout_ms(30_000)
            .with_topic_data(vec![topic("a"), topic("orders")])
    }
}

impl Filled for FetchRequest {
    fn filled(version: i16) -> Self {
        use fetch_request::*;
        let partition = |index| {
            let mut partition = extra!(FetchPartition::default())
                .with_partition(index)
                .with_fetch_offset(99)
                .with_partition_max_bytes(1 << 20);
            if version >= 5 {
                partition.log_start_offset = 5;
            }
            if version >= 9 {
                partition.current_leader_epoch = 3;
            }
            if version >= 12 {
                partition.last_fetched_epoch = 2;
            }
            if version >= 17 {
                partition.replica_directory_id = id();
            }
            if version >= 18 {
                partition.high_watermark = 77;
            }
            partition
        };
        let name = |topic: &mut TopicName, topic_id: &mut uuid::Uuid| {
            if version >= 13 {
                *topic_id = id();
            } else {
                *topic = self::topic("orders");
            }
        };
        let mut topic =
            extra!(FetchTopic::default()).with_partitions(vec![partition(0), partition(1)]);
        name(&mut topic.topic, &mut topic.topic_id);
        let mut request = extra!(Self::default())
            .with_max_wait_ms(500)
            .with_min_bytes(1)
            .with_max_bytes(50 << 20)
            .with_isolation_level(1)
            .with_topics(vec![topic.clone(), topic]);
        if version >= 7 {
            request.session_id = 12;
            request.session_epoch = 4;
            let mut forgotten = extra!(ForgottenTopic::default()).with_partitions(vec![4, 5, 6]);
            name(&mut forgotten.topic, &mut forgotten.topic_id);
            request.forgotten_topics_data = vec![forgotten.clone(), forgotten];
        }
        if version >= 11 {
            request.rack_id = text("rack");
        }
        if version >= 12 {
            request.cluster_id = Some(text("cluster"));
        }
        if version >= 15 {
            request.replica_state = extra!(ReplicaState::default())
                .with_replica_id(BrokerId(2))
                .with_replica_epoch(8);
        } else {
            request.replica_id = BrokerId(2);
        }
        request
    }
}

impl Filled for ListOffsetsRequest {
    fn filled(version: i16) -> Self {
        let partition = |index| {
            let mut partition = extra!(list_offsets_request::ListOffsetsPartition::default())
                .with_partition_index(index)
                .with_timestamp(-1);
            if version >= 4 {
                partition.current_leader_epoch = 6;
            }
            partition
        };
        let topic = |name| {
            extra!(list_offsets_request::ListOffsetsTopic::default())
                .with_name(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        let mut request =
            extra!(Self::default()).with_topics(vec![topic("a"), topic("b"), topic("c")]);
        if version >= 2 {
            request.isolation_level = 1;
        }
        if version >= 10 {
            request.timeout_ms = 1_000;
        }
        request
    }
}

impl Filled for MetadataRequest {
    fn filled(version: i16) -> Self {
        let topic = |name: &str| {
            let mut topic = extra!(metadata_request::MetadataRequestTopic::default())
                .with_name(Some(topic(name)));
            if version >= 10 {
                topic.topic_id = id();
            }
            topic
        };
        let mut request = extra!(Self::default()).with_topics(Some(vec![topic("a"), topic("bb")]));
        if version >= 4 {
            request.allow_auto_topic_creation = false;
        }
        if version >= 8 {
            request.include_topic_authorized_operations = true;
            request.include_cluster_authorized_operations = version <= 10;
        }
        request
    }
}

impl Filled for FindCoordinatorRequest {
    fn filled(version: i16) -> Self {
        let mut request = extra!(Self::default());
        if version <= 3 {
            request.key = text("group");
        } else {
            request.coordinator_keys = vec![text("g1"), text(""), text("g3")];
        }
        if version >= 1 {
            request.key_type = 1;
        }
        request
    }
}

impl Filled for ApiVersionsRequest {
    fn filled(version: i16) -> Self {
        let mut request = extra!(Self::default());
        if version >= 3 {
            request.client_software_name = text("kt");
            request.client_software_version = text("0.1.0");
        }
        request
    }
}

impl Filled for CreateTopicsRequest {
    fn filled(_version: i16) -> Self {
        use create_topics_request::*;
        let assignment = |index| {
            extra!(CreatableReplicaAssignment::default())
                .with_partition_index(index)
                .with_broker_ids(vec![BrokerId(1), BrokerId(2), BrokerId(3)])
        };
        let config = |name: &str, value| {
            extra!(CreatableTopicConfig::default())
                .with_name(text(name))
                .with_value(value)
        };
        let topic = |name| {
            extra!(CreatableTopic::default())
                .with_name(topic(name))
                .with_num_partitions(-1)
                .with_replication_factor(-1)
                .with_assignments(vec![assignment(0), assignment(1)])
                .with_configs(vec![
                    config("cleanup.policy", Some(text("compact"))),
                    config("retention.ms", None),
                ])
        };
        extra!(Self::default())
            .with_topics(vec![topic("a"), topic("b")])
            .with_timeout_ms(30_000)
            .with_validate_only(true)
    }
}

impl Filled for DeleteTopicsRequest {
    fn filled(version: i16) -> Self {
        let mut request = extra!(Self::default()).with_timeout_ms(5);
        if version >= 6 {
            let topic = |name| {
                extra!(delete_topics_request::DeleteTopicState::default())
                    .with_name(name)
                    .with_topic_id(id())
            };
            request.topics = vec![topic(Some(self::topic("a"))), topic(None)];
        } else {
            request.topic_names = vec![topic("a"), topic("bb"), topic("ccc")];
        }
        request
    }
}

impl Filled for DeleteRecordsRequest {
    fn filled(_version: i16) -> Self {
        let partition = |index| {
            extra!(delete_records_request::DeleteRecordsPartition::default())
                .with_partition_index(index)
                .with_offset(-1)
        };
        let topic = |name| {
            extra!(delete_records_request::DeleteRecordsTopic::default())
                .with_name(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        extra!(Self::default())
            .with_topics(vec![topic("a"), topic("b")])
            .with_timeout_ms(1)
    }
}

impl Filled for InitProducerIdRequest {
    fn filled(version: i16) -> Self {
        let mut request = extra!(Self::default())
            .with_transactional_id(Some(TransactionalId(text("t"))))
            .with_transaction_timeout_ms(60_000);
        if version >= 3 {
            request.producer_id = ProducerId(9);
            request.producer_epoch = 2;
        }
        request
    }
}

impl Filled for OffsetForLeaderEpochRequest {
    fn filled(version: i16) -> Self {
        use offset_for_leader_epoch_request::*;
        let partition = |index| {
            extra!(OffsetForLeaderPartition::default())
                .with_partition(index)
                .with_current_leader_epoch(4)
                .with_leader_epoch(3)
        };
        let topic = |name| {
            extra!(OffsetForLeaderTopic::default())
                .with_topic(topic(name))
                .with_partitions(vec![partition(0), partition(1)])
        };
        let mut request = extra!(Self::default()).with_topics(vec![topic("a"), topic("b")]);
        if version >= 3 {
            request.replica_id = BrokerId(1);
        }
        request
    }
}

impl Filled for DescribeConfigsRequest {
    fn filled(version: i16) -> Self {
        let resource = |keys| {
            extra!(describe_configs_request::DescribeConfigsResource::default())
                .with_resource_type(2)
                .with_resource_name(text("orders"))
                .with_configuration_keys(keys)
        };
        let mut request = extra!(Self::default())
            .with_resources(vec![
                resource(None),
                resource(Some(vec![])),
                resource(Some(vec![text("retention.ms"), text("")])),
            ])
            .with_include_synonyms(true);
        if version >= 3 {
            request.include_documentation = true;
        }
        request
    }
}

impl Filled for AlterConfigsRequest {
    fn filled(_version: i16) -> Self {
        use alter_configs_request::*;
        let config = |value| {
            extra!(AlterableConfig::default())
                .with_name(text("retention.ms"))
                .with_value(value)
        };
        let resource = |name: &str| {
            extra!(AlterConfigsResource::default())
                .with_resource_type(2)
                .with_resource_name(text(name))
                .with_configs(vec![config(Some(text("1"))), config(None)])
        };
        extra!(Self::default())
            .with_resources(vec![resource("a"), resource("b")])
            .with_validate_only(true)
    }
}

impl Filled for CreatePartitionsRequest {
    fn filled(_version: i16) -> Self {
        use create_partitions_request::*;
        let assignment = extra!(CreatePartitionsAssignment::default())
            .with_broker_ids(vec![BrokerId(1), BrokerId(2)]);
        let topic = |assignments| {
            extra!(CreatePartitionsTopic::default())
                .with_name(topic("a"))
                .with_count(4)
                .with_assignments(assignments)
        };
        extra!(Self::default())
            .with_topics(vec![
                topic(None),
                topic(Some(vec![assignment.clone(), assignment])),
            ])
            .with_timeout_ms(1)
            .with_validate_only(true)
    }
}

impl Filled for IncrementalAlterConfigsRequest {
    fn filled(_version: i16) -> Self {
        use incremental_alter_configs_request::*;
        let config = |value| {
            extra!(AlterableConfig::default())
                .with_name(text("cleanup.policy"))
                .with_config_operation(2)
                .with_value(value)
        };
        let resource = |name: &str| {
            extra!(AlterConfigsResource::default())
                .with_resource_type(2)
                .with_resource_name(text(name))
                .with_configs(vec![config(Some(text("compact"))), config(None)])
        };
        extra!(Self::default())
            .with_resources(vec![resource("a"), resource("b")])
            .with_validate_only(true)
    }
}

impl Filled for AlterReplicaLogDirsRequest {
    fn filled(_version: i16) -> Self {
        use alter_replica_log_dirs_request::*;
        let topic = |name| {
            extra!(AlterReplicaLogDirTopic::default())
                .with_name(topic(name))
                .with_partitions(vec![0, 1, 2])
        };
        let dir = |path| {
            extra!(AlterReplicaLogDir::default())
                .with_path(text(path))
                .with_topics(vec![topic("a"), topic("b")])
        };
        extra!(Self::default()).with_dirs(vec![dir("/a"), dir("/b")])
    }
}

impl Filled for DescribeLogDirsRequest {
    fn filled(_version: i16) -> Self {
        let topic = |name| {
            extra!(describe_log_dirs_request::DescribableLogDirTopic::default())
                .with_topic(topic(name))
                .with_partitions(vec![0, 1, 2])
        };
        extra!(Self::default()).with_topics(Some(vec![topic("a"), topic("b")]))
    }
}

impl Filled for AlterPartitionReassignmentsRequest {
    fn filled(version: i16) -> Self {
        use alter_partition_reassignments_request::*;
        let partition = |index, replicas| {
            extra!(ReassignablePartition::default())
                .with_partition_index(index)
                .with_replicas(replicas)
        };
        let topic = |name| {
            extra!(ReassignableTopic::default())
                .with_name(topic(name))
                .with_partitions(vec![
                    partition(0, Some(vec![BrokerId(1), BrokerId(2)])),
                    partition(1, None),
                ])
        };
        extra!(Self::default())
            .with_timeout_ms(1)
            .with_allow_replication_factor_change(version < 1)
            .with_topics(vec![topic("a"), topic("b")])
    }
}

impl Filled for ListPartitionReassignmentsRequest {
    fn filled(_version: i16) -> Self {
        use list_partition_reassignments_request::*;
        let topic = |name| {
            extra!(ListPartitionReassignmentsTopics::default())
                .with_name(topic(name))
                .with_partition_indexes(vec![0, 1, 2])
        };
        extra!(Self::default())
            .with_timeout_ms(1)
            .with_topics(Some(vec![topic("a"), topic("b")]))
    }
}

impl Filled for DescribeClusterRequest {
    fn filled(version: i16) -> Self {
        let mut request = extra!(Self::default()).with_include_cluster_authorized_operations(true);
        if version >= 1 {
            request.endpoint_type = 2;
        }
        if version >= 2 {
            request.include_fenced_brokers = true;
        }
        request
    }
}

impl Filled for ListConfigResourcesRequest {
    fn filled(version: i16) -> Self {
        let mut request = extra!(Self::default());
        if version >= 1 {
            request.resource_types = vec![2, 4, 16];
        }
        request
    }
}

impl Filled for DescribeTopicPartitionsRequest {
    fn filled(_version: i16) -> Self {
        use describe_topic_partitions_request::*;
        let topic = |name| extra!(TopicRequest::default()).with_name(topic(name));
        let cursor = extra!(Cursor::default())
            .with_topic_name(self::topic("b"))
            .with_partition_index(3);
        extra!(Self::default())
            .with_topics(vec![topic("a"), topic("b")])
            .with_response_partition_limit(100)
            .with_cursor(Some(cursor))
    }
}
