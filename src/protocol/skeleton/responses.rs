//! The skeletons of responses, in order of the keys.
//!
//! Fields in the order of the wire, with Kafka's names; neighbours of a fixed size share a line.

use super::{
    Field, Skeleton, array, bytes, fixed, numbers, response, string, strings, structure, tagged,
};

/// The brokers that Produce and Fetch name as new leaders: nodeId, host, port, rack.
const NODE_ENDPOINTS: Field = array(&[fixed(4), string(), fixed(4), string().nullable()]);

pub(crate) static PRODUCE: Skeleton = response(&[
    array(&[
        // responses
        string().until(12),  // name
        fixed(16).since(13), // topicId
        array(&[
            // partitionResponses
            fixed(4 + 2 + 8),  // index, errorCode, baseOffset
            fixed(8).since(2), // logAppendTimeMs
            fixed(8).since(5), // logStartOffset
            array(&[
                // recordErrors
                fixed(4),            // batchIndex
                string().nullable(), // batchIndexErrorMessage
            ])
            .since(8),
            string().nullable().since(8), // errorMessage
            // currentLeader: leaderId, leaderEpoch
            tagged(0, &structure(&[fixed(4 + 4)])).since(10),
        ]),
    ]),
    fixed(4).since(1), // throttleTimeMs
    tagged(0, &NODE_ENDPOINTS).since(10),
]);

pub(crate) static FETCH: Skeleton = response(&[
    fixed(4),              // throttleTimeMs
    fixed(2 + 4).since(7), // errorCode, sessionId
    array(&[
        // responses
        string().until(12),  // topic
        fixed(16).since(13), // topicId
        array(&[
            // partitions
            fixed(4 + 2 + 8 + 8), // partitionIndex, errorCode, highWatermark, lastStableOffset
            fixed(8).since(5),    // logStartOffset
            array(&[fixed(8 + 8)]).nullable(), // abortedTransactions: producerId, firstOffset
            fixed(4).since(11),   // preferredReadReplica
            bytes().nullable(),   // records
            tagged(0, &structure(&[fixed(4 + 8)])), // divergingEpoch: epoch, endOffset
            tagged(1, &structure(&[fixed(4 + 4)])), // currentLeader: leaderId, leaderEpoch
            tagged(2, &structure(&[fixed(8 + 4)])), // snapshotId: endOffset, epoch
        ]),
    ]),
    tagged(0, &NODE_ENDPOINTS).since(16),
]);

pub(crate) static LIST_OFFSETS: Skeleton = response(&[
    fixed(4).since(2), // throttleTimeMs
    array(&[
        // topics
        string(), // name
        array(&[
            // partitions
            fixed(4 + 2 + 8 + 8), // partitionIndex, errorCode, timestamp, offset
            fixed(4).since(4),    // leaderEpoch
        ]),
    ]),
]);

pub(crate) static METADATA: Skeleton = response(&[
    fixed(4).since(3), // throttleTimeMs
    array(&[
        // brokers
        fixed(4),                     // nodeId
        string(),                     // host
        fixed(4),                     // port
        string().nullable().since(1), // rack
    ]),
    string().nullable().since(2), // clusterId
    fixed(4).since(1),            // controllerId
    array(&[
        // topics
        fixed(2),            // errorCode
        string().nullable(), // name
        fixed(16).since(10), // topicId
        fixed(1).since(1),   // isInternal
        array(&[
            // partitions
            fixed(2 + 4 + 4),    // errorCode, partitionIndex, leaderId
            fixed(4).since(7),   // leaderEpoch
            numbers(4),          // replicaNodes
            numbers(4),          // isrNodes
            numbers(4).since(5), // offlineReplicas
        ]),
        fixed(4).since(8), // topicAuthorizedOperations
    ]),
    fixed(4).since(8).until(10), // clusterAuthorizedOperations
    fixed(2).since(13),          // errorCode
]);

pub(crate) static OFFSET_COMMIT: Skeleton = response(&[
    fixed(4).since(3), // throttleTimeMs
    array(&[
        // topics
        string().until(9),      // name
        fixed(16).since(10),    // topicId
        array(&[fixed(4 + 2)]), // partitions: partitionIndex, errorCode
    ]),
]);

/// What OffsetFetch says of each partition.
const FETCHED_OFFSETS: Field = array(&[
    fixed(4 + 8),        // partitionIndex, committedOffset
    fixed(4).since(5),   // committedLeaderEpoch
    string().nullable(), // metadata
    fixed(2),            // errorCode
]);

pub(crate) static OFFSET_FETCH: Skeleton = response(&[
    fixed(4).since(3), // throttleTimeMs
    array(&[
        // topics
        string(), // name
        FETCHED_OFFSETS,
    ])
    .until(7),
    fixed(2).since(2).until(7), // errorCode
    array(&[
        // groups
        string(), // groupId
        array(&[
            // topics
            string().until(9),   // name
            fixed(16).since(10), // topicId
            FETCHED_OFFSETS,
        ]),
        fixed(2), // errorCode
    ])
    .since(8),
]);

pub(crate) static FIND_COORDINATOR: Skeleton = response(&[
    fixed(4).since(1),                     // throttleTimeMs
    fixed(2).until(3),                     // errorCode
    string().nullable().since(1).until(3), // errorMessage
    fixed(4).until(3),                     // nodeId
    string().until(3),                     // host
    fixed(4).until(3),                     // port
    array(&[
        // coordinators
        string(),            // key
        fixed(4),            // nodeId
        string(),            // host
        fixed(4 + 2),        // port, errorCode
        string().nullable(), // errorMessage
    ])
    .since(4),
]);

pub(crate) static JOIN_GROUP: Skeleton = response(&[
    fixed(4).since(2),            // throttleTimeMs
    fixed(2 + 4),                 // errorCode, generationId
    string().nullable().since(7), // protocolType
    string().nullable(),          // protocolName (not null before version 7)
    string(),                     // leader
    fixed(1).since(9),            // skipAssignment
    string(),                     // memberId
    array(&[
        // members
        string(),                     // memberId
        string().nullable().since(5), // groupInstanceId
        bytes(),                      // metadata
    ]),
]);

pub(crate) static HEARTBEAT: Skeleton = response(&[
    fixed(4).since(1), // throttleTimeMs
    fixed(2),          // errorCode
]);

pub(crate) static LEAVE_GROUP: Skeleton = response(&[
    fixed(4).since(1), // throttleTimeMs
    fixed(2),          // errorCode
    array(&[
        // members
        string(),            // memberId
        string().nullable(), // groupInstanceId
        fixed(2),            // errorCode
    ])
    .since(3),
]);

pub(crate) static SYNC_GROUP: Skeleton = response(&[
    fixed(4).since(1),            // throttleTimeMs
    fixed(2),                     // errorCode
    string().nullable().since(5), // protocolType
    string().nullable().since(5), // protocolName
    bytes(),                      // assignment
]);

pub(crate) static DESCRIBE_GROUPS: Skeleton = response(&[
    fixed(4).since(1), // throttleTimeMs
    array(&[
        // groups
        fixed(2),                     // errorCode
        string().nullable().since(6), // errorMessage
        string(),                     // groupId
        string(),                     // groupState
        string(),                     // protocolType
        string(),                     // protocolData
        array(&[
            // members
            string(),                     // memberId
            string().nullable().since(4), // groupInstanceId
            string(),                     // clientId
            string(),                     // clientHost
            bytes(),                      // memberMetadata
            bytes(),                      // memberAssignment
        ]),
        fixed(4).since(3), // authorizedOperations
    ]),
]);

pub(crate) static LIST_GROUPS: Skeleton = response(&[
    fixed(4).since(1), // throttleTimeMs
    fixed(2),          // errorCode
    array(&[
        // groups
        string(),          // groupId
        string(),          // protocolType
        string().since(4), // groupState
        string().since(5), // groupType
    ]),
]);

pub(crate) static API_VERSIONS: Skeleton = response(&[
    fixed(2),                                     // errorCode
    array(&[fixed(2 + 2 + 2)]),                   // apiKeys: apiKey, minVersion, maxVersion
    fixed(4).since(1),                            // throttleTimeMs
    tagged(0, &array(&[string(), fixed(2 + 2)])), // supportedFeatures: name, min, max
    tagged(1, &fixed(8)),                         // finalizedFeaturesEpoch
    tagged(2, &array(&[string(), fixed(2 + 2)])), // finalizedFeatures: name, max, min
    tagged(3, &fixed(1)),                         // zkMigrationReady
]);

pub(crate) static CREATE_TOPICS: Skeleton = response(&[
    fixed(4), // throttleTimeMs
    array(&[
        // topics
        string(),              // name
        fixed(16).since(7),    // topicId
        fixed(2),              // errorCode
        string().nullable(),   // errorMessage
        fixed(4 + 2).since(5), // numPartitions, replicationFactor
        array(&[
            // configs
            string(),            // name
            string().nullable(), // value
            fixed(1 + 1 + 1),    // readOnly, configSource, isSensitive
        ])
        .nullable()
        .since(5),
        tagged(0, &fixed(2)), // topicConfigErrorCode
    ]),
]);

pub(crate) static DELETE_TOPICS: Skeleton = response(&[
    fixed(4), // throttleTimeMs
    array(&[
        // responses
        string().nullable(),          // name
        fixed(16).since(6),           // topicId
        fixed(2),                     // errorCode
        string().nullable().since(5), // errorMessage
    ]),
]);

pub(crate) static DELETE_RECORDS: Skeleton = response(&[
    fixed(4), // throttleTimeMs
    array(&[
        // topics
        string(),                   // name
        array(&[fixed(4 + 8 + 2)]), // partitions: partitionIndex, lowWatermark, errorCode
    ]),
]);

pub(crate) static INIT_PRODUCER_ID: Skeleton = response(&[
    fixed(4 + 2 + 8 + 2), // throttleTimeMs, errorCode, producerId, producerEpoch
]);

pub(crate) static OFFSET_FOR_LEADER_EPOCH: Skeleton = response(&[
    fixed(4), // throttleTimeMs
    array(&[
        // topics
        string(), // topic
        // partitions: errorCode, partition, leaderEpoch, endOffset
        array(&[fixed(2 + 4 + 4 + 8)]),
    ]),
]);

pub(crate) static DESCRIBE_CONFIGS: Skeleton = response(&[
    fixed(4), // throttleTimeMs
    array(&[
        // results
        fixed(2),            // errorCode
        string().nullable(), // errorMessage
        fixed(1),            // resourceType
        string(),            // resourceName
        array(&[
            // configs
            string(),                                          // name
            string().nullable(),                               // value
            fixed(1 + 1 + 1), // readOnly, configSource, isSensitive
            array(&[string(), string().nullable(), fixed(1)]), // synonyms: name, value, source
            fixed(1).since(3), // configType
            string().nullable().since(3), // documentation
        ]),
    ]),
]);

pub(crate) static ALTER_CONFIGS: Skeleton = response(&[
    fixed(4),                // throttleTimeMs
    ALTER_CONFIGS_RESPONSES, // responses
]);

/// What AlterConfigs and IncrementalAlterConfigs say of each resource.
const ALTER_CONFIGS_RESPONSES: Field = array(&[
    fixed(2),            // errorCode
    string().nullable(), // errorMessage
    fixed(1),            // resourceType
    string(),            // resourceName
]);

pub(crate) static CREATE_PARTITIONS: Skeleton = response(&[
    fixed(4), // throttleTimeMs
    array(&[
        // results
        string(),            // name
        fixed(2),            // errorCode
        string().nullable(), // errorMessage
    ]),
]);

pub(crate) static DELETE_GROUPS: Skeleton = response(&[
    fixed(4), // throttleTimeMs
    array(&[
        // results
        string(), // groupId
        fixed(2), // errorCode
    ]),
]);

pub(crate) static INCREMENTAL_ALTER_CONFIGS: Skeleton = response(&[
    fixed(4),                // throttleTimeMs
    ALTER_CONFIGS_RESPONSES, // responses
]);

pub(crate) static ALTER_REPLICA_LOG_DIRS: Skeleton = response(&[
    fixed(4), // throttleTimeMs
    array(&[
        // results
        string(), // topicName
        array(&[
            // partitions
            fixed(4 + 2), // partitionIndex, errorCode
        ]),
    ]),
]);

pub(crate) static DESCRIBE_LOG_DIRS: Skeleton = response(&[
    fixed(4),          // throttleTimeMs
    fixed(2).since(3), // errorCode
    array(&[
        // results
        fixed(2), // errorCode
        string(), // logDir
        array(&[
            // topics
            string(), // name
            array(&[
                // partitions
                fixed(4 + 8 + 8 + 1), // partitionIndex, partitionSize, offsetLag, isFutureKey
            ]),
        ]),
        fixed(8 + 8).since(4), // totalBytes, usableBytes
        fixed(1).since(5),     // isCordoned
    ]),
]);

pub(crate) static ALTER_PARTITION_REASSIGNMENTS: Skeleton = response(&[
    fixed(4),            // throttleTimeMs
    fixed(1).since(1),   // allowReplicationFactorChange
    fixed(2),            // errorCode
    string().nullable(), // errorMessage
    array(&[
        // responses
        string(), // name
        array(&[
            // partitions
            fixed(4 + 2),        // partitionIndex, errorCode
            string().nullable(), // errorMessage
        ]),
    ]),
]);

pub(crate) static LIST_PARTITION_REASSIGNMENTS: Skeleton = response(&[
    fixed(4 + 2),        // throttleTimeMs, errorCode
    string().nullable(), // errorMessage
    array(&[
        // topics
        string(), // name
        array(&[
            // partitions
            fixed(4),   // partitionIndex
            numbers(4), // replicas
            numbers(4), // addingReplicas
            numbers(4), // removingReplicas
        ]),
    ]),
]);

pub(crate) static OFFSET_DELETE: Skeleton = response(&[
    fixed(2 + 4), // errorCode, throttleTimeMs
    array(&[
        // topics
        string(),               // name
        array(&[fixed(4 + 2)]), // partitions: partitionIndex, errorCode
    ]),
]);

pub(crate) static DESCRIBE_CLUSTER: Skeleton = response(&[
    fixed(4 + 2),        // throttleTimeMs, errorCode
    string().nullable(), // errorMessage
    fixed(1).since(1),   // endpointType
    string(),            // clusterId
    fixed(4),            // controllerId
    array(&[
        // brokers
        fixed(4),            // brokerId
        string(),            // host
        fixed(4),            // port
        string().nullable(), // rack
        fixed(1).since(2),   // isFenced
    ]),
    fixed(4), // clusterAuthorizedOperations
]);

pub(crate) static CONSUMER_GROUP_HEARTBEAT: Skeleton = response(&[
    fixed(4 + 2),        // throttleTimeMs, errorCode
    string().nullable(), // errorMessage
    string().nullable(), // memberId
    fixed(4 + 4),        // memberEpoch, heartbeatIntervalMs
    structure(&[array(&[
        // assignment: topicPartitions
        fixed(16),  // topicId
        numbers(4), // partitions
    ])])
    .nullable(),
]);

/// An assignment in ConsumerGroupDescribe: topicPartitions.
const DESCRIBED_ASSIGNMENT: Field = structure(&[array(&[
    fixed(16),  // topicId
    string(),   // topicName
    numbers(4), // partitions
])]);

pub(crate) static CONSUMER_GROUP_DESCRIBE: Skeleton = response(&[
    fixed(4), // throttleTimeMs
    array(&[
        // groups
        fixed(2),            // errorCode
        string().nullable(), // errorMessage
        string(),            // groupId
        string(),            // groupState
        fixed(4 + 4),        // groupEpoch, assignmentEpoch
        string(),            // assignorName
        array(&[
            // members
            string(),             // memberId
            string().nullable(),  // instanceId
            string().nullable(),  // rackId
            fixed(4),             // memberEpoch
            string(),             // clientId
            string(),             // clientHost
            strings(),            // subscribedTopicNames
            string().nullable(),  // subscribedTopicRegex
            DESCRIBED_ASSIGNMENT, // assignment
            DESCRIBED_ASSIGNMENT, // targetAssignment
            fixed(1).since(1),    // memberType
        ]),
        fixed(4), // authorizedOperations
    ]),
]);

pub(crate) static LIST_CONFIG_RESOURCES: Skeleton = response(&[
    fixed(4 + 2), // throttleTimeMs, errorCode
    array(&[
        // configResources
        string(),          // resourceName
        fixed(1).since(1), // resourceType
    ]),
]);

pub(crate) static DESCRIBE_TOPIC_PARTITIONS: Skeleton = response(&[
    fixed(4), // throttleTimeMs
    array(&[
        // topics
        fixed(2),            // errorCode
        string().nullable(), // name
        fixed(16 + 1),       // topicId, isInternal
        array(&[
            // partitions
            fixed(2 + 4 + 4 + 4), // errorCode, partitionIndex, leaderId, leaderEpoch
            numbers(4),           // replicaNodes
            numbers(4),           // isrNodes
            numbers(4).nullable(), // eligibleLeaderReplicas
            numbers(4).nullable(), // lastKnownElr
            numbers(4),           // offlineReplicas
        ]),
        fixed(4), // topicAuthorizedOperations
    ]),
    structure(&[string(), fixed(4)]).nullable(), // nextCursor: topicName, partitionIndex
]);
