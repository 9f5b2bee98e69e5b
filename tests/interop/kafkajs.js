// kafkajs: the admin client, and with every codec what produced.sh reads.
// Its snappy is without Xerial's frames, as some clients send it; lz4 and zstd are plugged in below.

const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require('kafkajs')
const SnappyCodec = require('kafkajs-snappy')
const lz4 = require('lz4-napi')
const linkedLz4 = require('lz4js')
const zstd = require('@bokuweb/zstd-wasm')

const { SUITE, BOOTSTRAP, PREFIX } = process.env
const BASE = Number(process.env.BASE)
const codecs = { none: 'None', gzip: 'GZIP', snappy: 'Snappy', lz4: 'LZ4', zstd: 'ZSTD' }
CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec
CompressionCodecs[CompressionTypes.LZ4] = () => ({ compress: (encoder) => lz4.compressFrame(encoder.buffer) })
CompressionCodecs[CompressionTypes.ZSTD] = () => ({ compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)) })

function check(name, expected, got) {
  const [want, is] = [JSON.stringify(expected), JSON.stringify(got)]
  if (want === is) return console.log(`ok ${SUITE}: ${name}`)
  console.log(`FAILED ${SUITE}: ${name}\n   expected: ${want}\n   got:      ${is}`)
}

const errorOf = (promise) => promise.then(() => null, (error) => error.cause?.type || error.type || error.name)
const topicOf = (codec) => `${PREFIX}-${codec}`

function messages() {
  const first = [
    { key: 'k1', value: 'one', headers: { a: ['1', '3'], b: '2' } },
    { key: 'k2', value: 'two' },
    { key: null, value: 'three' },
    { key: 'k4', value: null },
  ]
  const many = Array.from({ length: 500 }, (_, i) => ({ key: 'many', value: String(i + 1) }))
  return first.concat(many).map((message, i) => ({ ...message, partition: 0, timestamp: String(BASE + i) }))
}

async function administration(admin) {
  const names = Object.keys(codecs).map(topicOf)
  check('createTopics', true, await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 1 })) }))
  check('createTopics says false for what exists', false, await admin.createTopics({ topics: [{ topic: names[0] }] }))
  check('listTopics', names.sort(), (await admin.listTopics()).filter((name) => name.startsWith(PREFIX)).sort())
  await admin.createTopics({ topics: [{ topic: topicOf('more'), configEntries: [{ name: 'retention.ms', value: '3600000' }] }] })
  await admin.createPartitions({ topicPartitions: [{ topic: topicOf('more'), count: 4 }] })
  const described = await admin.fetchTopicMetadata({ topics: [topicOf('more')] })
  check('createPartitions and fetchTopicMetadata', [0, 1, 2, 3], described.topics[0].partitions.map((p) => p.partitionId).sort())
  const configs = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topicOf('more'), configNames: ['retention.ms'] }] })
  check('describeConfigs of one key', ['3600000'], configs.resources[0].configEntries.map((entry) => entry.configValue))
  const cluster = await admin.describeCluster()
  check('describeCluster', [BOOTSTRAP], cluster.brokers.map((broker) => `${broker.host}:${broker.port}`))
  await admin.deleteTopics({ topics: [topicOf('more')] })
  check('deleteTopics', false, (await admin.listTopics()).includes(topicOf('more')))
  check('an unknown topic has a named error', 'UNKNOWN_TOPIC_OR_PARTITION', await errorOf(admin.fetchTopicOffsets(topicOf('more'))))
}

async function main() {
  await zstd.init()
  const kafka = new Kafka({ clientId: 'interop', brokers: [BOOTSTRAP], logLevel: logLevel.ERROR, retry: { retries: 3 } })
  const admin = kafka.admin()
  await admin.connect()
  await administration(admin)
  for (const [codec, type] of Object.entries(codecs)) {
    const producer = kafka.producer({ idempotent: codec === 'gzip', allowAutoTopicCreation: false })
    await producer.connect()
    const [sent] = await producer.send({ topic: topicOf(codec), compression: CompressionTypes[type], messages: messages(), acks: -1 })
    check(`send with ${codec}${codec === 'gzip' ? ' and idempotence' : ''}`, [0, '0'], [sent.errorCode, sent.baseOffset])
    await producer.disconnect()
    const [offsets] = await admin.fetchTopicOffsets(topicOf(codec))
    check(`fetchTopicOffsets after ${codec}`, ['0', '504'], [offsets.low, offsets.high])
  }
  const [byTime] = await admin.fetchTopicOffsetsByTimestamp(topicOf('gzip'), BASE + 250)
  check('fetchTopicOffsetsByTimestamp', '250', byTime.offset)

  // Java's clients can't read lz4 frames with linked blocks, so Kafka refuses them; nothing may be stored.
  CompressionCodecs[CompressionTypes.LZ4] = () => ({ compress: async (encoder) => Buffer.from(linkedLz4.compress(encoder.buffer)) })
  const quiet = new Kafka({ clientId: 'interop', brokers: [BOOTSTRAP], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).producer()
  await quiet.connect()
  const refused = await errorOf(quiet.send({ topic: topicOf('lz4'), compression: CompressionTypes.LZ4, messages: messages() }))
  const [after] = await admin.fetchTopicOffsets(topicOf('lz4'))
  check('lz4 with linked blocks is refused', [true, '504'], [refused !== null, after.high])
  await quiet.disconnect()
  await admin.disconnect()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
