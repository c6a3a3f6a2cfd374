/** The AsyncAPI 3.0 document of Spoor: every subject, queue group, header and message, made from their descriptions. */
import { CopyStage } from "../../../contracts/event-copy.ts"
import type { MessageDescription } from "../../../contracts/messages/all-messages.ts"
import type { JsonSchema, SchemaOfFormat } from "../json-schema.ts"
import { pascal } from "../types/model.ts"
import { headersOf } from "./headers.ts"
import { type ActorEntry, listsAndLog, microServices } from "./outside.ts"
import { channelKeyOf, channelReference, forAsyncApi, messageReference, type Part } from "./parts.ts"

const stages = [...CopyStage.literals, "received"]

/** What the placeholders of subjects stand for. */
const parameters: Readonly<Record<string, object>> = {
  stage: { description: "How far the events are.", enum: stages },
  topic: {
    description: "The topic of the events, as in Kafka. Its dots stay, so subscribe with > after the stage."
  },
  name: { description: "The name of an enrichment step, as in ENRICH_STEPS.", examples: ["score"] }
}

/** The document, as a value to write as JSON. */
export const asyncApi = (
  version: string,
  schemas: ReadonlyArray<SchemaOfFormat>,
  actors: ReadonlyArray<ActorEntry>
): object => {
  const parts = [overNats(schemas), listsAndLog(), microServices(actors)]
  const merged = <K extends keyof Part>(key: K) => Object.assign({}, ...parts.map((part) => part[key]))
  const messages = merged("messages") as Record<string, unknown>
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Spoor",
      version,
      description:
        "The messages between the actors of Spoor, an event-tracking pipeline: Redis in, Kafka out, NATS between. The format is explained in contracts/README.md.",
      license: { name: "MIT" },
      tags: actors.map(({ name, summary }) => ({ name, description: summary }))
    },
    defaultContentType: "application/msgpack",
    servers,
    channels: { ...merged("channels"), reply: replyChannel(schemas, Object.keys(messages)) },
    operations: merged("operations"),
    components: { schemas: namedSchemas(schemas), messages }
  }
}

const servers = {
  nats: {
    host: "nats:4222",
    protocol: "nats",
    description: "NATS 2.x, the setting NATS_URL. JetStream is not used."
  },
  redis: { host: "redis:6379", protocol: "redis", description: "Redis 6.2 or later, the setting REDIS_URL." },
  kafka: { host: "kafka:9092", protocol: "kafka", description: "Kafka, the setting KAFKA_BROKERS." }
}

const keyOf = (name: string, format: number): string => `${name}-${format}`

/** All messages that are exchanged over NATS, or stored; channels and operations of those with a subject. */
const overNats = (schemas: ReadonlyArray<SchemaOfFormat>): Part => {
  const messages: Record<string, unknown> = {}
  const subjects = new Map<string, Array<SchemaOfFormat>>()
  for (const one of schemas) {
    const { message, format, schema } = one
    messages[keyOf(message.name, format)] = messageOf(message, format, schema)
    const subject = message.formats[format]?.subject
    if (subject !== undefined) subjects.set(subject, [...(subjects.get(subject) ?? []), one])
  }
  const channels: Record<string, unknown> = {}
  const operations: Record<string, unknown> = {}
  for (const [subject, carried] of subjects) {
    const key = channelKeyOf(subject)
    channels[key] = channelOf(subject, carried)
    Object.assign(operations, operationsOf(key, carried))
  }
  return { channels, operations, messages }
}

const messageOf = (message: MessageDescription, format: number, schema: JsonSchema) => {
  const headers = headersOf(message, format)
  return {
    name: `${message.name}.${format}`,
    title: `${message.name}, format ${format}`,
    summary: message.summary,
    contentType: message.encoding === "msgpack" ? "application/msgpack" : "application/json",
    ...(headers === undefined ? {} : { headers }),
    payload: forAsyncApi(schema)
  }
}

const channelOf = (subject: string, carried: ReadonlyArray<SchemaOfFormat>) => {
  const names = [...subject.matchAll(/<(\w+)>/g)].map(([, name = ""]) => name)
  return {
    address: subject.replaceAll("<", "{").replaceAll(">", "}"),
    title: carried[0]?.message.summary,
    servers: [{ $ref: "#/servers/nats" }],
    parameters: Object.fromEntries(names.map((name) => [name, parameters[name] ?? {}])),
    messages: Object.fromEntries(
      carried.map(({ message, format }) => [
        keyOf(message.name, format),
        messageReference(keyOf(message.name, format))
      ])
    )
  }
}

/** One operation for each actor that sends or receives on the channel. */
const operationsOf = (
  channel: string,
  carried: ReadonlyArray<SchemaOfFormat>
): Readonly<Record<string, unknown>> => {
  const [first] = carried
  if (first === undefined) return {}
  const { message } = first
  const { direction, queue, timeoutMs, from, to } = message
  const isRequest = direction === "request"
  const reply = isRequest ? { reply: replyOf(message, carried) } : {}
  const wait = timeoutMs === undefined ? "" : ` The requester waits at most ${timeoutMs / 1_000} s.`
  const base = { channel: channelReference(channel), ...reply }
  const sent = from.map((actor) => [
    `${slug(actor)}-${isRequest ? "asks" : "publishes"}-${channel}`,
    { action: "send", ...base, summary: message.summary, tags: [{ name: actor }] }
  ])
  const received = to.map((actor) => [
    `${slug(actor)}-${isRequest ? "answers" : "reads"}-${channel}`,
    {
      ...{ action: "receive", ...base },
      summary: isRequest ? `One member of the queue group ${queue} answers.${wait}` : message.summary,
      tags: [{ name: actor }],
      ...(queue === undefined ? {} : { bindings: { nats: { queue, bindingVersion: "0.1.0" } } })
    }
  ])
  return Object.fromEntries([...sent, ...received])
}

const slug = (text: string): string => text.replaceAll(/\W+/g, "-")

const replyOf = ({ reply = "" }: MessageDescription, carried: ReadonlyArray<SchemaOfFormat>) => ({
  channel: channelReference("reply"),
  messages: carried.map(({ format }) => ({ $ref: `#/channels/reply/messages/${keyOf(reply, format)}` }))
})

/** Replies go to the inbox that the request names. */
const replyChannel = (schemas: ReadonlyArray<SchemaOfFormat>, messages: ReadonlyArray<string>) => {
  const replies = schemas
    .filter(({ message }) => message.direction === "reply")
    .map(({ message, format }) => keyOf(message.name, format))
  const services = messages.filter((name) => /^srv-(ping|info|stats)$/.test(name))
  return {
    address: null,
    title: "The inbox of a request",
    description:
      "The subject that a request names as its reply subject. The reply is in the format of the request.",
    servers: [{ $ref: "#/servers/nats" }],
    messages: Object.fromEntries([...replies, ...services].map((name) => [name, messageReference(name)]))
  }
}

const namedSchemas = (schemas: ReadonlyArray<SchemaOfFormat>): Readonly<Record<string, JsonSchema>> => {
  const all = new Map<string, JsonSchema>()
  for (const { schema } of schemas)
    for (const [name, part] of Object.entries(schema.$defs ?? {})) all.set(pascal(name), forAsyncApi(part))
  return Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1)))
}
