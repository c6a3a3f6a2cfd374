/** The parts of the AsyncAPI document outside NATS: the lists in Redis, the records in Kafka, and `$SRV`. */
import { Info, Ping, Stats } from "../../../bridge/message-bus/micro-service.ts"
import { checkDescriptions, type JsonSchema, schemaOf } from "../json-schema.ts"
import { recordHeaders } from "./headers.ts"
import { channelReference, forAsyncApi, messageReference, type Part } from "./parts.ts"

/** What the document says of an actor. */
export interface ActorEntry {
  readonly name: string
  readonly summary: string
}

const servers = (...names: ReadonlyArray<string>) => names.map((name) => ({ $ref: `#/servers/${name}` }))

const line = {
  name: "line",
  title: "A line of a tracker",
  contentType: "text/plain",
  summary: "One event as a tracker pushes it, any bytes, without a line end.",
  payload: {
    type: "string",
    description:
      "pushtech: `ip ts(ms) host pod path query user agent`; adtekio: `ip ts(s) topic path query user agent`. Fields are separated by one space; the user agent is last and may be empty."
  }
}

const record = {
  name: "record",
  title: "A record of an event",
  contentType: "text/plain",
  summary: "One event as Kafka stores it.",
  headers: recordHeaders,
  payload: {
    type: "string",
    description:
      "UTF-8 text of three parts, separated by one space: `event meta params`. `params` is the query, byte for byte."
  },
  bindings: {
    kafka: {
      key: {
        type: "string",
        description: "The value of the parameter that KAFKA_KEY_PARAM names; else no key."
      },
      bindingVersion: "0.5.0"
    }
  }
}

/** Channels and operations of Redis and Kafka. */
export const listsAndLog = (): Part => ({
  channels: {
    queue: {
      address: "{queue}",
      title: "The queue",
      description:
        "A Redis list. Trackers append lines with RPUSH. A drainer takes them from the head into a claimed batch, in one script; a batch leaves Redis only on a receipt that accounts for all of its lines.",
      servers: servers("redis"),
      parameters: { queue: { description: "The setting QUEUE_KEY.", default: "click_queue" } },
      messages: { line: messageReference("line") }
    },
    "dead-letters": {
      address: "{deadLetters}",
      title: "The dead letters",
      description: "A Redis list of events that could not be processed, the newest at its end.",
      servers: servers("redis"),
      parameters: { deadLetters: { description: "The setting DEAD_LETTER_KEY.", default: "click_invalid" } },
      messages: { "dead-letter-1": messageReference("dead-letter-1") }
    },
    log: {
      address: "{topic}",
      title: "The log",
      description: "A Kafka topic. Each event is stored at least once.",
      servers: servers("kafka"),
      parameters: { topic: { description: "A topic of KAFKA_TOPIC or KAFKA_TOPICS.", default: "events" } },
      messages: { record: messageReference("record") }
    }
  },
  operations: {
    "gateway-pushes-lines": send("queue", "gateway", "A gateway, or any tracker, appends lines."),
    "drainer-claims-lines": receive(
      "queue",
      "drainer",
      "A drainer claims lines as a batch, under a lease of 30 seconds."
    ),
    "drainer-stores-dead-letters": send(
      "dead-letters",
      "drainer",
      "A drainer stores the events of rejections."
    ),
    "bridge-appends-records": send("log", "bridge", "A bridge appends records, confirmed by all replicas."),
    "consumers-read-records": {
      ...receive(
        "log",
        "consumers",
        "A consumer reads as a group of its own, and recognises duplicates by the header id."
      ),
      bindings: { kafka: { groupId: { type: "string", const: "spoor-<name>" }, bindingVersion: "0.5.0" } }
    }
  },
  messages: { line, record }
})

const send = (channel: string, actor: string, summary: string) => ({
  ...{ action: "send", channel: channelReference(channel), summary },
  tags: [{ name: actor }]
})

const receive = (channel: string, actor: string, summary: string) => ({
  ...send(channel, actor, summary),
  action: "receive"
})

const kinds = [
  { kind: "PING", schema: Ping, about: "says that it runs" },
  { kind: "INFO", schema: Info, about: "says what it serves, in which formats" },
  {
    kind: "STATS",
    schema: Stats,
    about: "gives its statistics; `data` of its endpoint are its actor-figures"
  }
] as const

const described = (name: string, schema: JsonSchema): JsonSchema => {
  checkDescriptions(schema, name)
  return schema
}

/** The NATS micro service protocol (ADR-32), which every actor serves under its name. */
export const microServices = (actors: ReadonlyArray<ActorEntry>): Part => {
  const service = {
    description: "The name of an actor, or of a service in another language.",
    examples: actors.map(({ name }) => name)
  }
  const instance = { description: "The id of one instance, unique; replies have it in Spoor-Instance." }
  const forms = [
    { suffix: "", key: "", who: "Every instance of every actor", parameters: {} },
    { suffix: ".{service}", key: "-service", who: "Every instance of the actor", parameters: { service } },
    {
      suffix: ".{service}.{instance}",
      key: "-instance",
      who: "The instance",
      parameters: { service, instance }
    }
  ]
  const channels: Record<string, unknown> = {}
  const operations: Record<string, unknown> = {}
  const messages: Record<string, unknown> = {
    "srv-request": {
      ...{ name: "srv-request", title: "A question to running actors", contentType: "application/json" },
      payload: { type: "string", maxLength: 0, description: "Empty." }
    }
  }
  for (const { kind, schema, about } of kinds) {
    const name = `srv-${kind.toLowerCase()}`
    messages[name] = {
      ...{ name, title: `The answer to $SRV.${kind}`, contentType: "application/json" },
      payload: forAsyncApi(described(name, schemaOf(schema, false)))
    }
    for (const { suffix, key, who, parameters } of forms) {
      const channel = name + key
      channels[channel] = {
        address: `$SRV.${kind}${suffix}`,
        title: `${who} ${about}`,
        servers: servers("nats"),
        parameters,
        messages: { "srv-request": messageReference("srv-request") }
      }
      operations[`actors-answer-${channel}`] = {
        ...receive(channel, "every actor", `${who} ${about}.`),
        reply: {
          channel: channelReference("reply"),
          messages: [{ $ref: `#/channels/reply/messages/${name}` }]
        }
      }
    }
  }
  return { channels, operations, messages }
}
