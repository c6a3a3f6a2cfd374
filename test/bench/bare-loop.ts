/**
 * The baseline of the pipeline: a separate process with a loop that only sends finished records with `kafkajs`:
 * `bun test/bench/bare-loop.ts <brokers> <from topic> <to topic> <compression>`. It reads the records of the first topic
 * into memory, then sends them in requests of 1,000, one after the other, each acknowledged by all replicas. Prints one
 * line of JSON: records, milliseconds.
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { CompressionCodecs, CompressionTypes, Kafka, logLevel, type Message } from "kafkajs"
import { gzipCodec, zstdCodec } from "../../bridge/event-log/kafka/wire/compression.ts"

export interface LoopFigures {
  readonly records: number
  readonly milliseconds: number
}

/** Runs the loop as a process. */
export const bareLoop = async (
  brokers: string,
  from: string,
  to: string,
  compression: string
): Promise<LoopFigures> => {
  const args = [import.meta.filename, brokers, from, to, compression]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 })
  return JSON.parse(stdout)
}

const compressions: Readonly<Record<string, CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD
}

const readAll = async (kafka: Kafka, topic: string): Promise<ReadonlyArray<Message>> => {
  const admin = kafka.admin()
  await admin.connect()
  const partitions = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const count = partitions.reduce((sum, { high }) => sum + Number(high), 0)
  const consumer = kafka.consumer({ groupId: `bare-${process.pid}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const messages: Array<Message> = []
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { key, value, headers } of batch.messages) {
          messages.push({ key, value, ...(headers === undefined ? {} : { headers }) })
        }
        if (messages.length >= count) resolve()
      }
    })
  })
  await consumer.disconnect()
  return messages
}

if (import.meta.main) {
  const [brokers = "", from = "", to = "", name = "gzip"] = process.argv.slice(2)
  CompressionCodecs[CompressionTypes.GZIP] = () => gzipCodec
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec
  const kafka = new Kafka({ clientId: "bare", brokers: [brokers], logLevel: logLevel.NOTHING })
  const messages = await readAll(kafka, from)
  const compression = compressions[name] ?? CompressionTypes.None
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: to, messages: messages.slice(0, 1), acks: -1, compression })
  const startedAt = performance.now()
  for (let at = 0; at < messages.length; at += 1_000) {
    // All records of a request go to one partition, like a batch of the pipeline.
    const partition = (at / 1_000) % 3
    const some = messages.slice(at, at + 1_000).map((message) => ({ ...message, partition }))
    await producer.send({ topic: to, messages: some, acks: -1, compression })
  }
  const milliseconds = performance.now() - startedAt
  await producer.disconnect()
  process.stdout.write(`${JSON.stringify({ records: messages.length, milliseconds })}\n`)
  process.exit(0)
}
