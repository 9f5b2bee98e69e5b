//! The skeletons of requests, in order of the keys.
//!
//! Fields in the order of the wire, with Kafka's names; neighbours of a fixed size share a line.

use super::{Skeleton, array, bytes, fixed, numbers, request, string, strings, structure, tagged};

pub(crate) static PRODUCE: Skeleton = request(&[
    string().nullable().since(3), // transactionalId
    fixed(2 + 4),                 // acks, timeoutMs
    array(&[
        // topicData
        string().until(12),  // name
        fixed(16).since(13), // topicId
        array(&[
            // partitionData
            fixed(4),           // index
            bytes().nullable(), // records
        ]),
    ]),
]);

pub(crate) static FETCH: Skeleton = request(&[
    fixed(4).until(14),    // replicaId
    fixed(4 + 4 + 4 + 1),  // maxWaitMs, minBytes, maxBytes, isolationLevel
    fixed(4 + 4).since(7), // sessionId, sessionEpoch
    array(&[
        // topics
        string().until(12),  // topic
        fixed(16).since(13), // topicId
        array(&[
            // partitions
            fixed(4),                        // partition
            fixed(4).since(9),               // currentLeaderEpoch
            fixed(8),                        // fetchOffset
            fixed(4).since(12),              // lastFetchedEpoch
            fixed(8).since(5),               // logStartOffset
            fixed(4),                        // partitionMaxBytes
            tagged(0, &fixed(16)).since(17), // replicaDirectoryId
            tagged(1, &fixed(8)).since(18),  // highWatermark
        ]),
    ]),
    array(&[
        // forgottenTopicsData
        string().until(12),  // topic
        fixed(16).since(13), // topicId
        numbers(4),          // partitions
    ])
    .since(7),
    string().since(11),                               // rackId
    tagged(0, &string().nullable()),                  // clusterId
    tagged(1, &structure(&[fixed(4 + 8)])).since(15), // replicaState: replicaId, replicaEpoch
]);

pub(crate) static LIST_OFFSETS: Skeleton = request(&[
    fixed(4),          // replicaId
    fixed(1).since(2), // isolationLevel
    array(&[
        // topics
        string(), // name
        array(&[
            // partitions
            fixed(4),          // partitionIndex
            fixed(4).since(4), // currentLeaderEpoch
            fixed(8),          // timestamp
        ]),
    ]),
    fixed(4).since(10), // timeoutMs
]);

pub(crate) static METADATA: Skeleton = request(&[
    array(&[
        // topics
        fixed(16).since(10), // topicId
        string().nullable(), // name
    ])
    .nullable(),
    fixed(1).since(4),           // allowAutoTopicCreation
    fixed(1).since(8).until(10), // includeClusterAuthorizedOperations
    fixed(1).since(8),           // includeTopicAuthorizedOperations
]);

pub(crate) static OFFSET_COMMIT: Skeleton = request(&[
    string(),                     // groupId
    fixed(4),                     // generationIdOrMemberEpoch
    string(),                     // memberId
    string().nullable().since(7), // groupInstanceId
    fixed(8).until(4),            // retentionTimeMs
    array(&[
        // topics
        string().until(9),   // name
        fixed(16).since(10), // topicId
        array(&[
            // partitions
            fixed(4 + 8),        // partitionIndex, committedOffset
            fixed(4).since(6),   // committedLeaderEpoch
            string().nullable(), // committedMetadata
        ]),
    ]),
]);

pub(crate) static OFFSET_FETCH: Skeleton = request(&[
    string().until(7), // groupId
    array(&[
        // topics
        string(),   // name
        numbers(4), // partitionIndexes
    ])
    .nullable()
    .until(7),
    array(&[
        // groups
        string(),                     // groupId
        string().nullable().since(9), // memberId
        fixed(4).since(9),            // memberEpoch
        array(&[
            // topics
            string().until(9),   // name
            fixed(16).since(10), // topicId
            numbers(4),          // partitionIndexes
        ])
        .nullable(),
    ])
    .since(8),
    fixed(1).since(7), // requireStable
]);

pub(crate) static FIND_COORDINATOR: Skeleton = request(&[
    string().until(3),  // key
    fixed(1).since(1),  // keyType
    strings().since(4), // coordinatorKeys
]);

pub(crate) static JOIN_GROUP: Skeleton = request(&[
    string(),                     // groupId
    fixed(4),                     // sessionTimeoutMs
    fixed(4).since(1),            // rebalanceTimeoutMs
    string(),                     // memberId
    string().nullable().since(5), // groupInstanceId
    string(),                     // protocolType
    array(&[
        // protocols
        string(), // name
        bytes(),  // metadata
    ]),
    string().nullable().since(8), // reason
]);

pub(crate) static HEARTBEAT: Skeleton = request(&[
    string(),                     // groupId
    fixed(4),                     // generationId
    string(),                     // memberId
    string().nullable().since(3), // groupInstanceId
]);

pub(crate) static LEAVE_GROUP: Skeleton = request(&[
    string(),          // groupId
    string().until(2), // memberId
    array(&[
        // members
        string(),                     // memberId
        string().nullable(),          // groupInstanceId
        string().nullable().since(5), // reason
    ])
    .since(3),
]);

pub(crate) static SYNC_GROUP: Skeleton = request(&[
    string(),                     // groupId
    fixed(4),                     // generationId
    string(),                     // memberId
    string().nullable().since(3), // groupInstanceId
    string().nullable().since(5), // protocolType
    string().nullable().since(5), // protocolName
    array(&[
        // assignments
        string(), // memberId
        bytes(),  // assignment
    ]),
]);

pub(crate) static DESCRIBE_GROUPS: Skeleton = request(&[
    strings(),         // groups
    fixed(1).since(3), // includeAuthorizedOperations
]);

pub(crate) static LIST_GROUPS: Skeleton = request(&[
    strings().since(4), // statesFilter
    strings().since(5), // typesFilter
]);

pub(crate) static API_VERSIONS: Skeleton = request(&[
    string().since(3), // clientSoftwareName
    string().since(3), // clientSoftwareVersion
]);

pub(crate) static CREATE_TOPICS: Skeleton = request(&[
    array(&[
        // topics
        string(),     // name
        fixed(4 + 2), // numPartitions, replicationFactor
        array(&[
            // assignments
            fixed(4),   // partitionIndex
            numbers(4), // brokerIds
        ]),
        array(&[
            // configs
            string(),            // name
            string().nullable(), // value
        ]),
    ]),
    fixed(4 + 1), // timeoutMs, validateOnly
]);

pub(crate) static DELETE_TOPICS: Skeleton = request(&[
    array(&[
        // topics
        string().nullable(), // name
        fixed(16),           // topicId
    ])
    .since(6),
    strings().until(5), // topicNames
    fixed(4),           // timeoutMs
]);

pub(crate) static DELETE_RECORDS: Skeleton = request(&[
    array(&[
        // topics
        string(),               // name
        array(&[fixed(4 + 8)]), // partitions: partitionIndex, offset
    ]),
    fixed(4), // timeoutMs
]);

pub(crate) static INIT_PRODUCER_ID: Skeleton = request(&[
    string().nullable(),   // transactionalId
    fixed(4),              // transactionTimeoutMs
    fixed(8 + 2).since(3), // producerId, producerEpoch
]);

pub(crate) static OFFSET_FOR_LEADER_EPOCH: Skeleton = request(&[
    fixed(4).since(3), // replicaId
    array(&[
        // topics
        string(),                   // topic
        array(&[fixed(4 + 4 + 4)]), // partitions: partition, currentLeaderEpoch, leaderEpoch
    ]),
]);

pub(crate) static DESCRIBE_CONFIGS: Skeleton = request(&[
    array(&[
        // resources
        fixed(1),             // resourceType
        string(),             // resourceName
        strings().nullable(), // configurationKeys
    ]),
    fixed(1),          // includeSynonyms
    fixed(1).since(3), // includeDocumentation
]);

pub(crate) static ALTER_CONFIGS: Skeleton = request(&[
    array(&[
        // resources
        fixed(1), // resourceType
        string(), // resourceName
        array(&[
            // configs
            string(),            // name
            string().nullable(), // value
        ]),
    ]),
    fixed(1), // validateOnly
]);

pub(crate) static CREATE_PARTITIONS: Skeleton = request(&[
    array(&[
        // topics
        string(),                        // name
        fixed(4),                        // count
        array(&[numbers(4)]).nullable(), // assignments: brokerIds
    ]),
    fixed(4 + 1), // timeoutMs, validateOnly
]);

pub(crate) static DELETE_GROUPS: Skeleton = request(&[
    strings(), // groupsNames
]);

pub(crate) static INCREMENTAL_ALTER_CONFIGS: Skeleton = request(&[
    array(&[
        // resources
        fixed(1), // resourceType
        string(), // resourceName
        array(&[
            // configs
            string(),            // name
            fixed(1),            // configOperation
            string().nullable(), // value
        ]),
    ]),
    fixed(1), // validateOnly
]);

pub(crate) static ALTER_REPLICA_LOG_DIRS: Skeleton = request(&[array(&[
    // dirs
    string(), // path
    array(&[
        // topics
        string(),   // name
        numbers(4), // partitions
    ]),
])]);

pub(crate) static DESCRIBE_LOG_DIRS: Skeleton = request(&[array(&[
    // topics
    string(),   // topic
    numbers(4), // partitions
])
.nullable()]);

pub(crate) static ALTER_PARTITION_REASSIGNMENTS: Skeleton = request(&[
    fixed(4),          // timeoutMs
    fixed(1).since(1), // allowReplicationFactorChange
    array(&[
        // topics
        string(), // name
        array(&[
            // partitions
            fixed(4),              // partitionIndex
            numbers(4).nullable(), // replicas
        ]),
    ]),
]);

pub(crate) static LIST_PARTITION_REASSIGNMENTS: Skeleton = request(&[
    fixed(4), // timeoutMs
    array(&[
        // topics
        string(),   // name
        numbers(4), // partitionIndexes
    ])
    .nullable(),
]);

pub(crate) static OFFSET_DELETE: Skeleton = request(&[
    string(), // groupId
    array(&[
        // topics
        string(),           // name
        array(&[fixed(4)]), // partitions: partitionIndex
    ]),
]);

pub(crate) static DESCRIBE_CLUSTER: Skeleton = request(&[
    fixed(1),          // includeClusterAuthorizedOperations
    fixed(1).since(1), // endpointType
    fixed(1).since(2), // includeFencedBrokers
]);

pub(crate) static CONSUMER_GROUP_HEARTBEAT: Skeleton = request(&[
    string(),                     // groupId
    string(),                     // memberId
    fixed(4),                     // memberEpoch
    string().nullable(),          // instanceId
    string().nullable(),          // rackId
    fixed(4),                     // rebalanceTimeoutMs
    strings().nullable(),         // subscribedTopicNames
    string().nullable().since(1), // subscribedTopicRegex
    string().nullable(),          // serverAssignor
    array(&[
        // topicPartitions
        fixed(16),  // topicId
        numbers(4), // partitions
    ])
    .nullable(),
]);

pub(crate) static CONSUMER_GROUP_DESCRIBE: Skeleton = request(&[
    strings(), // groupIds
    fixed(1),  // includeAuthorizedOperations
]);

pub(crate) static LIST_CONFIG_RESOURCES: Skeleton = request(&[
    numbers(1).since(1), // resourceTypes
]);

pub(crate) static DESCRIBE_TOPIC_PARTITIONS: Skeleton = request(&[
    array(&[string()]),                          // topics: name
    fixed(4),                                    // responsePartitionLimit
    structure(&[string(), fixed(4)]).nullable(), // cursor: topicName, partitionIndex
]);
