# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kt_global_optspecs
    string join \n h/help
end

function __fish_kt_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kt_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kt_using_subcommand
    set -l cmd (__fish_kt_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kt -n "__fish_kt_needs_command" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_needs_command" -f -a "topics" -d 'Create, list, describe, alter and delete topics'
complete -c kt -n "__fish_kt_needs_command" -f -a "console-producer" -d 'Send the lines of standard input to a topic'
complete -c kt -n "__fish_kt_needs_command" -f -a "console-consumer" -d 'Print the records of topics'
complete -c kt -n "__fish_kt_needs_command" -f -a "consumer-groups" -d 'List, describe and delete consumer groups, and set their offsets'
complete -c kt -n "__fish_kt_needs_command" -f -a "groups" -d 'List the groups of every type'
complete -c kt -n "__fish_kt_needs_command" -f -a "configs" -d 'Show and change the settings of topics, brokers and other entities'
complete -c kt -n "__fish_kt_needs_command" -f -a "get-offsets" -d 'Print the offsets of partitions: last, first, or by time'
complete -c kt -n "__fish_kt_needs_command" -f -a "delete-records" -d 'Delete the records of partitions before given offsets'
complete -c kt -n "__fish_kt_needs_command" -f -a "dump-log" -d 'Print log segments, indexes, snapshots and checkpoints'
complete -c kt -n "__fish_kt_needs_command" -f -a "log-dirs" -d 'Show what lies in the log directories of brokers'
complete -c kt -n "__fish_kt_needs_command" -f -a "reassign-partitions" -d 'Move partitions between brokers, and replicas between log directories'
complete -c kt -n "__fish_kt_needs_command" -f -a "broker-api-versions" -d 'Print the API versions that each broker offers'
complete -c kt -n "__fish_kt_needs_command" -f -a "storage" -d 'Format log directories ahead of time, or tell what they are'
complete -c kt -n "__fish_kt_needs_command" -f -a "replica-verification" -d 'Compare the replicas of partitions, and tell how far they are behind'
complete -c kt -n "__fish_kt_needs_command" -f -a "server-start" -d 'Run a broker (-daemon: in the background)'
complete -c kt -n "__fish_kt_needs_command" -f -a "server-stop" -d 'Stop the brokers of this KT_HOME and wait for them'
complete -c kt -n "__fish_kt_needs_command" -f -a "run" -d 'Run a command with a private broker that is gone when it ends'
complete -c kt -n "__fish_kt_needs_command" -f -a "wait" -d 'Wait until a broker answers, or a topic or a group is there (124 when the time is up)'
complete -c kt -n "__fish_kt_needs_command" -f -a "status" -d 'Tell which broker the commands use, and whether it answers'
complete -c kt -n "__fish_kt_needs_command" -f -a "verify" -d 'Read every batch and every file, and tell what is damaged'
complete -c kt -n "__fish_kt_needs_command" -f -a "snapshot" -d 'Copy a broker\'s data while it runs, and make new data of a copy'
complete -c kt -n "__fish_kt_needs_command" -f -a "install-links" -d 'Make links named as Kafka\'s scripts (kafka-topics.sh, ...) to kt'
complete -c kt -n "__fish_kt_needs_command" -f -a "completions" -d 'Print or install completion scripts for bash, zsh or fish'
complete -c kt -n "__fish_kt_needs_command" -f -a "run-class" -d 'Run the command that a Java class of Kafka\'s stands for'
complete -c kt -n "__fish_kt_needs_command" -f -a "zookeeper-server-start" -d 'Say that no ZooKeeper is needed'
complete -c kt -n "__fish_kt_needs_command" -f -a "zookeeper-server-stop" -d 'Say that no ZooKeeper runs'
complete -c kt -n "__fish_kt_needs_command" -f -a "zookeeper-shell" -d 'Say which command answers what ZooKeeper was asked for'
complete -c kt -n "__fish_kt_needs_command" -f -a "help" -d 'Print this list, or the options of one command'
complete -c kt -n "__fish_kt_needs_command" -f -a "version" -d 'Print the versions of kt and of the Kafka it mirrors'
complete -c kt -n "__fish_kt_using_subcommand topics" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand topics" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand topics" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand topics" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand topics" -l topic -d 'The topic to create; for the other actions a regular expression that must match the whole name of a topic' -r -f -a "(kt __complete topics 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand topics" -l topic-id -d 'The id of the topic to describe' -r
complete -c kt -n "__fish_kt_using_subcommand topics" -l config -d 'A setting of the topic to create, which takes the place of the broker\'s default; may be given more than once' -r
complete -c kt -n "__fish_kt_using_subcommand topics" -l delete-config -d 'Does nothing any more' -r
complete -c kt -n "__fish_kt_using_subcommand topics" -l partitions -d 'The number of partitions of the topic to create or alter (the broker\'s default if absent)' -r
complete -c kt -n "__fish_kt_using_subcommand topics" -l replication-factor -d 'The number of replicas of each partition of the topic to create (the broker\'s default if absent)' -r
complete -c kt -n "__fish_kt_using_subcommand topics" -l replica-assignment -d 'The brokers of each partition, partitions divided by commas, brokers by colons' -r
complete -c kt -n "__fish_kt_using_subcommand topics" -l partition-size-limit-per-response -d 'With --describe: how many partitions to ask for at a time' -r
complete -c kt -n "__fish_kt_using_subcommand topics" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand topics" -l create -d 'Create a topic'
complete -c kt -n "__fish_kt_using_subcommand topics" -l list -d 'List the names of topics'
complete -c kt -n "__fish_kt_using_subcommand topics" -l describe -d 'Show the details of topics'
complete -c kt -n "__fish_kt_using_subcommand topics" -l alter -d 'Raise the number of partitions of topics'
complete -c kt -n "__fish_kt_using_subcommand topics" -l delete -d 'Delete topics'
complete -c kt -n "__fish_kt_using_subcommand topics" -l under-replicated-partitions -d 'With --describe: only partitions with fewer replicas in sync than replicas'
complete -c kt -n "__fish_kt_using_subcommand topics" -l unavailable-partitions -d 'With --describe: only partitions without a leader'
complete -c kt -n "__fish_kt_using_subcommand topics" -l under-min-isr-partitions -d 'With --describe: only partitions with fewer replicas in sync than min.insync.replicas'
complete -c kt -n "__fish_kt_using_subcommand topics" -l at-min-isr-partitions -d 'With --describe: only partitions with exactly min.insync.replicas replicas in sync'
complete -c kt -n "__fish_kt_using_subcommand topics" -l topics-with-overrides -d 'With --describe: only topics with settings of their own'
complete -c kt -n "__fish_kt_using_subcommand topics" -l if-exists -d 'With --alter, --delete or --describe: a topic that does not exist is no failure'
complete -c kt -n "__fish_kt_using_subcommand topics" -l if-not-exists -d 'With --create: a topic that exists is no failure'
complete -c kt -n "__fish_kt_using_subcommand topics" -l exclude-internal -d 'With --list or --describe: leave Kafka\'s own topics out'
complete -c kt -n "__fish_kt_using_subcommand topics" -l force
complete -c kt -n "__fish_kt_using_subcommand topics" -l disable-rack-aware
complete -c kt -n "__fish_kt_using_subcommand topics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l broker-list -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l topic -d 'The topic to produce to; with --input json, those that the lines name if it is left out' -r -f -a "(kt __complete topics 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l compression-codec -d 'How to compress: none, gzip, snappy, lz4 or zstd (gzip if no name follows)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l batch-size -d 'Bytes to gather into one batch (default: 1000000)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l message-send-max-retries -d 'How often a record is sent again (default: 3)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l retry-backoff-ms -d 'How long to wait before a record is sent again (default: 100)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l timeout -d 'How long records are gathered before they are sent (default: 1000)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l request-required-acks -d 'Which replicas must have a record: 0, 1, -1 or all (default: -1)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l request-timeout-ms -d 'How long a request may take (default: 1500)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l metadata-expiry-ms -d 'How old metadata may become (default: 300000)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l max-block-ms -d 'How long a line may wait for metadata and memory (default: 60000)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l max-memory-bytes -d 'Memory for records that wait to be sent (default: 33554432)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l max-partition-memory-bytes -d 'Old name of --batch-size' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l socket-buffer-size -d 'Size of the socket\'s send buffer (default: 102400)' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l input -d 'What the input is: text, or json, as console-consumer --output json prints it' -r -f -a "text\t'Lines, or records in the layout of `--format`'
json\t'Lines of JSON'"
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l format -d 'The layout of a record in the input, in place of a class: %s value, %k key, %h headers, %p partition, %T timestamp, %S and %K lengths of value and key, %R the value\'s length in four bytes; \\n, \\t, \\xNN' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l line-reader -d 'The class that makes records of lines' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l reader-property -d 'Setting of the reader, key=value: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, headers.key.separator, ignore.error, null.marker' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l property -d 'Old name of --reader-property' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l reader-config -d 'File with settings of the reader' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l producer-property -d 'Old name of --command-property' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l producer.config -d 'Old name of --command-config' -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l queue-size -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l queue-enqueuetimeout-ms -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l key-serializer -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l value-serializer -r
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l sync -d 'Wait for each record before the next line is read'
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l old-producer
complete -c kt -n "__fish_kt_using_subcommand console-producer" -l new-producer
complete -c kt -n "__fish_kt_using_subcommand console-producer" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l topic -d 'The topic to read' -r -f -a "(kt __complete topics 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l include -d 'The topics to read: a regular expression that must match the whole name' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l partition -d 'The partition to read; from its end unless --offset or --from-beginning is given' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l offset -d 'The offset to begin with: a number, earliest, or latest (default: latest)' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l group -d 'The group to read in; without it every partition is read, by this command alone' -r -f -a "(kt __complete groups 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l consumer-property -d 'Old name of --command-property' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l consumer.config -d 'Old name of --command-config' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l isolation-level -d 'read_committed, to leave out records of transactions that are open or were aborted, or read_uncommitted (default)' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l max-messages -d 'How many records to read before the end' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l timeout-ms -d 'End when no record comes for so long' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l formatter -d 'The class that shows records' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l format -d 'Show each record in this layout, in place of a class: %s value, %k key, %h headers, %t topic, %p partition, %o offset, %T timestamp, %S and %K lengths of value and key, %R the value\'s length in four bytes; \\n, \\t, \\xNN' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l formatter-property -d 'Setting of the formatter, key=value: print.timestamp, print.key, print.offset, print.partition, print.headers, print.value, key.separator, line.separator, headers.separator, null.literal, key.deserializer, value.deserializer, headers.deserializer' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l property -d 'Old name of --formatter-property' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l formatter-config -d 'File with settings of the formatter' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l key-deserializer -d 'The class that reads keys' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l value-deserializer -d 'The class that reads values' -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l metrics-dir -r
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l from-beginning -d 'Begin with the first record where no offset was committed, not with the next that comes'
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l exit-at-end -d 'End at the offsets where the partitions ended at the start'
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l skip-message-on-error -d 'A record that cannot be shown is skipped'
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l enable-systest-events -d 'Print shutdown_complete at the end'
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l new-consumer
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l delete-consumer-offsets
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -l csv-reporter-enabled
complete -c kt -n "__fish_kt_using_subcommand console-consumer" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l validate-regex -d 'Check a regular expression as the consumer rebalance protocol takes them (RE2)' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l group -d 'The consumer group to act on; may be given more than once' -r -f -a "(kt __complete groups 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l topic -d 'The topic whose offsets are deleted or reset, or some of its partitions: topic1:0,1,2; may be given more than once' -r -f -a "(kt __complete topics 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l state -d 'With --describe: the state of the group. With --list: show states, and only groups in these states, divided by commas' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l type -d 'With --list: show types, and only groups of these types: classic, consumer' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l timeout -d 'Milliseconds that a call to the brokers may take' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l to-offset -d 'Go on at this offset' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l to-datetime -d 'Go on at the first record from this time on: YYYY-MM-DDTHH:mm:SS.sss, in UTC or with a zone' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l by-duration -d 'Go on at the first record that is no older: PnDTnHnMnS' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l shift-by -d 'Go on so many records later, or earlier if the number is negative' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l from-file -d 'Go on as this CSV file says' -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l socket.timeout.ms -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l retry.backoff.ms -r
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l list -d 'List all consumer groups'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l describe -d 'Describe consumer groups: the lag of each partition, who reads it'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l delete -d 'Delete consumer groups without members, and their offsets'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l reset-offsets -d 'Set where consumer groups without members go on'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l delete-offsets -d 'Delete the offsets of a consumer group for topics'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l all-groups -d 'Act on all consumer groups'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l all-topics -d 'Act on all topics that the group has committed offsets of'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l members -d 'With --describe: the members of the group'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l offsets -d 'With --describe: the offsets and the lag of each partition (default)'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l verbose -d 'With --describe: more columns'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l dry-run -d 'Show what would be set, without doing it'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l execute -d 'Set it'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l export -d 'Print as CSV, for --from-file'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l to-earliest -d 'Go on at the first record that there is'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l to-latest -d 'Go on with the next record that comes'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l to-current -d 'Go on where it is: what is not committed yet is committed'
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l offset-checker
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l broker-info
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -l new-consumer
complete -c kt -n "__fish_kt_using_subcommand consumer-groups" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand groups" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand groups" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand groups" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand groups" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand groups" -l group-type -d 'Only groups of this type: classic, consumer, share or streams' -r
complete -c kt -n "__fish_kt_using_subcommand groups" -l protocol -d 'Only groups whose members speak this protocol' -r
complete -c kt -n "__fish_kt_using_subcommand groups" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand groups" -l list -d 'List the groups'
complete -c kt -n "__fish_kt_using_subcommand groups" -l consumer -d 'Only groups of consumers, of either protocol'
complete -c kt -n "__fish_kt_using_subcommand groups" -l share -d 'Only share groups'
complete -c kt -n "__fish_kt_using_subcommand groups" -l streams -d 'Only streams groups'
complete -c kt -n "__fish_kt_using_subcommand groups" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand configs" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand configs" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l bootstrap-controller -d 'Controllers to connect to, in place of brokers' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l entity-type -d 'The kind of entity: topics, clients, users, brokers, broker-loggers, ips, client-metrics or groups' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l entity-name -d 'The name of the entity' -r -f -a "(kt __complete topics 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand configs" -l topic -d 'A topic\'s name' -r -f -a "(kt __complete topics 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand configs" -l client -d 'A client\'s id' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l user -d 'A user\'s principal name' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l broker -d 'A broker\'s id' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l broker-logger -d 'The id of the broker whose loggers are meant' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l ip -d 'An IP address' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l group -d 'A group\'s id' -r -f -a "(kt __complete groups 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand configs" -l client-metrics -d 'The name of a subscription to clients\' metrics' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l add-config -d 'Settings to make: k1=v1,k2=[v2,v3],k3=v4, where brackets hold a value with commas' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l add-config-file -d 'File with settings to make' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l delete-config -d 'Names of settings to take back: k1,k2' -r
complete -c kt -n "__fish_kt_using_subcommand configs" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand configs" -l alter -d 'Change settings'
complete -c kt -n "__fish_kt_using_subcommand configs" -l describe -d 'Show settings'
complete -c kt -n "__fish_kt_using_subcommand configs" -l all -d 'With --describe: static settings and defaults too'
complete -c kt -n "__fish_kt_using_subcommand configs" -l entity-default -d 'The default of all entities, in place of a name'
complete -c kt -n "__fish_kt_using_subcommand configs" -l client-defaults -d 'The defaults of all clients'
complete -c kt -n "__fish_kt_using_subcommand configs" -l user-defaults -d 'The defaults of all users'
complete -c kt -n "__fish_kt_using_subcommand configs" -l broker-defaults -d 'The defaults of all brokers'
complete -c kt -n "__fish_kt_using_subcommand configs" -l ip-defaults -d 'The defaults of all IP addresses'
complete -c kt -n "__fish_kt_using_subcommand configs" -l force
complete -c kt -n "__fish_kt_using_subcommand configs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l broker-list -r
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l topic-partitions -d 'Rules that choose partitions, divided by commas: TOPIC, TOPIC:PARTITION, TOPIC:FROM-TO (TO is left out), TOPIC:FROM-, TOPIC:-TO, where TOPIC is a regular expression or nothing' -r
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l topic -d 'The topics: a regular expression that must match the whole name (all topics if absent)' -r -f -a "(kt __complete topics 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l partitions -d 'The partitions, divided by commas (all if absent)' -r
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l time -d 'Which offset: latest or -1, earliest or -2, max-timestamp or -3, earliest-local or -4, latest-tiered or -5, earliest-pending-upload or -6, or the first at or after this time in milliseconds' -r
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l offsets -r
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l max-wait-ms -r
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -l exclude-internal-topics -d 'Leave Kafka\'s own topics out'
complete -c kt -n "__fish_kt_using_subcommand get-offsets" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand delete-records" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand delete-records" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand delete-records" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand delete-records" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand delete-records" -l offset-json-file -d 'File with partitions and offsets: {"partitions":[{"topic":"foo","partition":1,"offset":3}], "version":1}; the offset -1 means all records' -r
complete -c kt -n "__fish_kt_using_subcommand delete-records" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand delete-records" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l files -d 'The files to be dumped, divided by commas; what they are is told by their suffixes' -r
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l max-message-size -d 'Size of the largest message; has no effect, since any size is read' -r
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l max-bytes -d 'Stop after this many bytes of a .log file' -r
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l key-decoder-class -d 'What makes text of keys: a class of org.apache.kafka.tools.api, StringDecoder if absent' -r
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l value-decoder-class -d 'What makes text of values: the same' -r
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l print-data-log -d 'Print keys and values too; every decoder implies it'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l deep-iteration -d 'Print a line for each record'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l skip-record-metadata -d 'Leave out what is not key or value'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l verify-index-only -d 'Check the indexes without printing them'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l index-sanity-check -d 'Only check the indexes as a broker does at its start'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l offsets-decoder -d 'The file belongs to __consumer_offsets'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l transaction-log-decoder -d 'The file belongs to __transaction_state'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l cluster-metadata-decoder -d 'The file belongs to __cluster_metadata'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l remote-log-metadata-decoder -d 'The file belongs to __remote_log_metadata'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -l share-group-state-decoder -d 'The file belongs to __share_group_state'
complete -c kt -n "__fish_kt_using_subcommand dump-log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand log-dirs" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand log-dirs" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand log-dirs" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand log-dirs" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand log-dirs" -l topic-list -d 'The topics, divided by commas; all if absent' -r
complete -c kt -n "__fish_kt_using_subcommand log-dirs" -l broker-list -d 'The ids of the brokers, divided by commas; all if absent' -r
complete -c kt -n "__fish_kt_using_subcommand log-dirs" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand log-dirs" -l describe -d 'Describe the log directories'
complete -c kt -n "__fish_kt_using_subcommand log-dirs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l bootstrap-controller -d 'The controllers to connect to, instead of brokers' -r
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l reassignment-json-file -d 'The JSON file with the partition reassignment: {"partitions":[{"topic":"foo","partition":1, "replicas":[1,2,3],"log_dirs":["dir1","dir2","dir3"]}],"version":1}; log_dirs may be left out, "any" leaves the choice to the broker' -r
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l topics-to-move-json-file -d 'The JSON file with the topics to move: {"topics":[{"topic":"foo"}],"version":1}' -r
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l broker-list -d 'The ids of the brokers that the partitions may be moved to, divided by commas' -r
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l throttle -d 'Bytes a second that replicas may be moved with between brokers' -r
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l replica-alter-log-dirs-throttle -d 'Bytes a second that replicas may be moved with between log directories of a broker' -r
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l timeout -d 'How many milliseconds to wait until a move between log directories begins' -r
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l verify -d 'Verify if the reassignment has completed; also take its throttles away'
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l generate -d 'Generate a candidate partition reassignment; nothing is carried out'
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l execute -d 'Carry out the reassignment'
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l cancel -d 'Cancel an active reassignment'
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l list -d 'List all active partition reassignments'
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l disable-rack-aware -d 'Pass over the brokers\' racks'
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l additional -d 'Carry out the reassignment beside those that are under way'
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -l preserve-throttles -d 'Leave the throttles as they are'
complete -c kt -n "__fish_kt_using_subcommand reassign-partitions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand broker-api-versions" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand broker-api-versions" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand broker-api-versions" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand broker-api-versions" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand broker-api-versions" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand broker-api-versions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand storage; and not __fish_seen_subcommand_from info format version-mapping feature-dependencies random-uuid" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand storage; and not __fish_seen_subcommand_from info format version-mapping feature-dependencies random-uuid" -f -a "info" -d 'Get information about the Kafka log directories on this node'
complete -c kt -n "__fish_kt_using_subcommand storage; and not __fish_seen_subcommand_from info format version-mapping feature-dependencies random-uuid" -f -a "format" -d 'Format the Kafka log directories on this node'
complete -c kt -n "__fish_kt_using_subcommand storage; and not __fish_seen_subcommand_from info format version-mapping feature-dependencies random-uuid" -f -a "version-mapping" -d 'Look up the corresponding features for a given metadata version'
complete -c kt -n "__fish_kt_using_subcommand storage; and not __fish_seen_subcommand_from info format version-mapping feature-dependencies random-uuid" -f -a "feature-dependencies" -d 'Look up dependencies for a given feature version'
complete -c kt -n "__fish_kt_using_subcommand storage; and not __fish_seen_subcommand_from info format version-mapping feature-dependencies random-uuid" -f -a "random-uuid" -d 'Print a random UUID'
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from info" -s c -l config -d 'The Kafka configuration file to use' -r
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from info" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from format" -s c -l config -d 'The Kafka configuration file to use' -r
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from format" -s t -l cluster-id -d 'The cluster ID to use' -r
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from format" -s S -l add-scram -d 'A SCRAM credential to add, as \'SCRAM-SHA-256=[name=alice,password=secret,iterations=8192,salt="base64"]\' or with saltedpassword in place of password; may be given more than once' -r
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from format" -s r -l release-version -d 'The release whose features are set, from 3.3-IV3 to 4.3-IV0 (default: 4.3-IV0)' -r
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from format" -s f -l feature -d 'The level of one feature, as feature=level; may be given more than once' -r
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from format" -s I -l initial-controllers -d 'The voters of a dynamic quorum, as ID@HOST:PORT:DIRECTORY-ID,...' -r
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from format" -s g -l ignore-formatted -d 'Leave directories alone that are formatted already'
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from format" -s s -l standalone -d 'Make this node the only voter of a dynamic quorum'
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from format" -s N -l no-initial-controllers -d 'Name no voter of a dynamic quorum yet'
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from format" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from version-mapping" -s r -l release-version -d 'The release version to use for the corresponding feature mapping (default: the latest stable one)' -r
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from version-mapping" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from version-mapping" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from feature-dependencies" -s f -l feature -d 'The feature and the level to look up, as feature=level; may be given more than once' -r
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from feature-dependencies" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from feature-dependencies" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand storage; and __fish_seen_subcommand_from random-uuid" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l broker-list -d 'The list of hostname and port of the server to connect to' -r
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l fetch-size -d 'The fetch size of each request' -r
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l max-wait-ms -d 'The max amount of time each fetch request waits' -r
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l topics-include -d 'List of topics to verify replica consistency' -r
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l topic-white-list -d 'The name of `--topics-include` before 3.0' -r
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l time -d 'Timestamp for getting the initial offsets' -r
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l report-interval-ms -d 'The reporting interval' -r
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -l exit-at-end -d 'End once everything was compared that was there at the start; the exit code is 1 if replicas differ'
complete -c kt -n "__fish_kt_using_subcommand replica-verification" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand server-start" -l override -d 'Setting that takes the place of the one in the file; may be given more than once' -r
complete -c kt -n "__fish_kt_using_subcommand server-start" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand server-stop" -l node-id -d 'Stop only the broker with this node.id' -r
complete -c kt -n "__fish_kt_using_subcommand server-stop" -l process-role -d 'Stop only brokers with this role: broker or controller (here each has both)' -r
complete -c kt -n "__fish_kt_using_subcommand server-stop" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand run" -l topic -d 'Make a topic first; may be given more than once' -r -f -a "(kt __complete topics 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand run" -l set -d 'Setting of the broker; may be given more than once' -r
complete -c kt -n "__fish_kt_using_subcommand run" -l keep -d 'Keep the broker\'s data in this folder' -r -F
complete -c kt -n "__fish_kt_using_subcommand run" -l durable -d 'Sync each write to the disk before it is acknowledged'
complete -c kt -n "__fish_kt_using_subcommand run" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand wait" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand wait" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand wait" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand wait" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand wait" -l topic -d 'Wait for this topic' -r -f -a "(kt __complete topics 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand wait" -l partitions -d 'Wait until the topic has so many partitions' -r
complete -c kt -n "__fish_kt_using_subcommand wait" -l records -d 'Wait until the topic holds so many records' -r
complete -c kt -n "__fish_kt_using_subcommand wait" -l group -d 'Wait for this consumer group' -r -f -a "(kt __complete groups 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand wait" -l state -d 'Wait until the group is in this state: Stable, Empty, ...' -r
complete -c kt -n "__fish_kt_using_subcommand wait" -l lag -d 'Wait until the group lags no more records than that, in all partitions together' -r
complete -c kt -n "__fish_kt_using_subcommand wait" -l timeout -d 'How long to wait: 10s, 500ms, 2m' -r
complete -c kt -n "__fish_kt_using_subcommand wait" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand status" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand status" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand status" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand status" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand status" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand verify" -l data-dir -d 'Log directory to read, more than once for a node that has several (default: the local broker\'s)' -r -F
complete -c kt -n "__fish_kt_using_subcommand verify" -l topic -d 'Read this topic alone; may be given more than once' -r -f -a "(kt __complete topics 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand verify" -l bootstrap-server -d 'Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent)' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand verify" -l command-config -d 'File with settings of the client' -r
complete -c kt -n "__fish_kt_using_subcommand verify" -s X -l command-property -d 'Setting of the client, key=value (-X for short); comes before the file\'s' -r
complete -c kt -n "__fish_kt_using_subcommand verify" -l zookeeper -r
complete -c kt -n "__fish_kt_using_subcommand verify" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand snapshot; and not __fish_seen_subcommand_from save restore" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand snapshot; and not __fish_seen_subcommand_from save restore" -f -a "save" -d 'Copy log directories; the broker on them may go on'
complete -c kt -n "__fish_kt_using_subcommand snapshot; and not __fish_seen_subcommand_from save restore" -f -a "restore" -d 'Make log directories of a snapshot, after it was checked'
complete -c kt -n "__fish_kt_using_subcommand snapshot; and __fish_seen_subcommand_from save" -l data-dir -d 'Log directory to copy, more than once for a node that has several (default: those of the local broker)' -r -F
complete -c kt -n "__fish_kt_using_subcommand snapshot; and __fish_seen_subcommand_from save" -l bootstrap-server -d 'Copy the log directories of the broker of this machine that listens there' -r -f -a "(kt __complete brokers 2>/dev/null)"
complete -c kt -n "__fish_kt_using_subcommand snapshot; and __fish_seen_subcommand_from save" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand snapshot; and __fish_seen_subcommand_from save" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l data-dir -d 'The log directory to make, as often as the snapshot has them (default: the local broker\'s)' -r -F
complete -c kt -n "__fish_kt_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -l force -d 'Restore it even if it is damaged'
complete -c kt -n "__fish_kt_using_subcommand snapshot; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand install-links" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand install-links" -l force -d 'Replace files that are not links to kt'
complete -c kt -n "__fish_kt_using_subcommand install-links" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kt -n "__fish_kt_using_subcommand completions; and not __fish_seen_subcommand_from bash zsh fish install" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand completions; and not __fish_seen_subcommand_from bash zsh fish install" -f -a "bash" -d 'Print the script for bash'
complete -c kt -n "__fish_kt_using_subcommand completions; and not __fish_seen_subcommand_from bash zsh fish install" -f -a "zsh" -d 'Print the script for zsh'
complete -c kt -n "__fish_kt_using_subcommand completions; and not __fish_seen_subcommand_from bash zsh fish install" -f -a "fish" -d 'Print the script for fish'
complete -c kt -n "__fish_kt_using_subcommand completions; and not __fish_seen_subcommand_from bash zsh fish install" -f -a "install" -d 'Put the script of the shell in SHELL where that shell looks for it'
complete -c kt -n "__fish_kt_using_subcommand completions; and __fish_seen_subcommand_from bash" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand completions; and __fish_seen_subcommand_from zsh" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand completions; and __fish_seen_subcommand_from fish" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand completions; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand run-class" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand zookeeper-server-start" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand zookeeper-server-stop" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand zookeeper-shell" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand help" -s h -l help -d 'Print help'
complete -c kt -n "__fish_kt_using_subcommand version" -l output -d 'How to print the data' -r -f -a "text\t'Kafka\'s lines'
json\t'JSON: one document, or one line a record'
table\t'A table with lines around its cells'"
complete -c kt -n "__fish_kt_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
