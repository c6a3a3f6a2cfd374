/** The settings of the services: the outside systems and their addresses. Without them the embedded implementations are used. */
import { Config, Duration } from "effect"
import { optional, secret, setting } from "../contracts/setting.ts"
import { choice, count, duration, flag, size } from "../contracts/setting-readers.ts"
import type { TlsSettings } from "./tls-files.ts"

/** The three settings of TLS with one kind of server; `when`: what turns TLS on. */
const tlsSettings = (prefix: string, when: string): TlsSettings => ({
  ca: optional(
    `${prefix}_CA`,
    Config.String,
    `With ${when}: path of the certificates (PEM) of the authorities that may sign the servers' certificates, or their text. Unset: the authorities of the system.`
  ),
  cert: optional(
    `${prefix}_CERT`,
    Config.String,
    `With ${when}: path of the client certificate (PEM, with its chain), or its text; read again at each connection. Unset: no client certificate.`
  ),
  key: secret(`${prefix}_KEY`, `Path of the private key (PEM) of ${prefix}_CERT, or its text.`)
})

export const dataDir = setting(
  "DATA_DIR",
  Config.String,
  ".data",
  "Folder of the embedded services. Only the user of the process can read its files."
)

export const redisUrl = secret(
  "REDIS_URL",
  "Redis or Valkey (6.2 or later) that holds the queue, redis://user:password@host:port/database (rediss:// for TLS; ?db=6 and ?ssl=true mean the same), redis+sentinel://user:password@host:26379,host2:26379/primary/database, redis+cluster://host:6379,host2:6379 or unix:///path?db=6; several, separated by commas, are several queues. Unset: a file in DATA_DIR."
)
export const redisTls = tlsSettings("REDIS", "rediss:// in REDIS_URL and PROJECTIONS_URL")
export const queueKey = setting("QUEUE_KEY", Config.String, "click_queue", "The list that trackers push to.")
export const deadLetterKey = setting(
  "DEAD_LETTER_KEY",
  Config.String,
  "click_invalid",
  "The list of dead letters. On Redis Cluster give it the queue's slot: {click_queue}:invalid."
)

export const queueMaxLength = setting(
  "QUEUE_MAX_LENGTH",
  count(0),
  10_000_000,
  "Limit of waiting lines: at the limit the gateway answers 503 until there are fewer; 0 for no limit."
)
export const queueMaxBytes = optional(
  "QUEUE_MAX_BYTES",
  size(0),
  "Limit of the size of waiting lines; 0 for no limit. Unset: 60 % of the maxmemory of Redis, when it is set."
)
export const queueConfirm = setting(
  "QUEUE_CONFIRM",
  choice(["server", "replica", "disk"]),
  "server",
  "When an event is acknowledged: server (the queue's server has it), replica (one replica has it too) or disk (it is on the server's disk)."
)

export const linksKey = optional(
  "LINKS_KEY",
  Config.String,
  "The hash of the campaign links, on each server of REDIS_URL. Unset: {QUEUE_KEY}:links."
)

export const projectionsUrl = secret(
  "PROJECTIONS_URL",
  "Redis for the counts of the consumers. Unset: the first of REDIS_URL, or a file in DATA_DIR."
)

export const natsUrl = secret(
  "NATS_URL",
  "NATS servers, nats://user:password@host:port or nats://token@host:port (tls:// for TLS; ws:// and wss:// for NATS over WebSocket), separated by commas. Unset: messages stay in this process."
)
export const busSecret = secret(
  "BUS_SECRET",
  "Key that signs the replies between actors over NATS: the same for all drainers, enrichers, bridges, receivers, steps, and edges over NATS. Unset: replies are accepted from every responder on that NATS."
)
export const natsCreds = optional(
  "NATS_CREDS",
  Config.String,
  "Path of a NATS credentials file (user JWT and seed), or its text; read again at each connection."
)
export const natsNkey = secret(
  "NATS_NKEY",
  "Path of a file with the seed of a NATS user (nkey, SU…), or the seed itself; read again at each connection."
)
export const natsInboxPrefix = setting(
  "NATS_INBOX_PREFIX",
  Config.String,
  "_INBOX.spoor",
  "Replies arrive below this subject; give each NATS user its own, so that no other user can read them."
)

export const natsTls = tlsSettings("NATS", "tls:// or wss:// in NATS_URL")

export const kafkaBrokers = optional(
  "KAFKA_BROKERS",
  Config.String,
  "Kafka brokers, host:port separated by commas. Unset: a file in DATA_DIR."
)
export const kafkaTopic = setting("KAFKA_TOPIC", Config.String, "events", "The topic of pushtech lines.")
export const kafkaTopics = setting(
  "KAFKA_TOPICS",
  Config.String,
  "",
  "Topics that lines may name, separated by commas; a line that names another goes to KAFKA_TOPIC."
)
export const topicFromHost = setting(
  "TOPIC_FROM_HOST",
  flag,
  false,
  "true: the first label of a pushtech line's host names its topic among KAFKA_TOPICS (clicks.example.com: clicks); any other goes to KAFKA_TOPIC and is counted. The same for all actors."
)
export const kafkaKeyParam = optional(
  "KAFKA_KEY_PARAM",
  Config.String,
  "The parameter whose value becomes the record's key. Unset: records have no key."
)
export const kafkaSsl = setting("KAFKA_SSL", flag, false, "Connect to Kafka with TLS.")
export const kafkaSaslMechanism = optional(
  "KAFKA_SASL_MECHANISM",
  choice(["plain", "scram-sha-256", "scram-sha-512"]),
  "How to log in to Kafka: plain, scram-sha-256 or scram-sha-512."
)
export const kafkaUsername = optional("KAFKA_USERNAME", Config.String, "User name for Kafka.")
export const kafkaPassword = secret("KAFKA_PASSWORD", "Password for Kafka.")
export const kafkaTls = tlsSettings("KAFKA", "KAFKA_SSL")
export const kafkaCompression = setting(
  "KAFKA_COMPRESSION",
  choice(["none", "gzip", "zstd"]),
  "gzip",
  "How records are compressed: none, gzip or zstd (smaller and faster, but some older consumers cannot read it)."
)
export const kafkaMaxUnpacked = setting(
  "KAFKA_MAX_UNPACKED",
  size(1024),
  32 * 1024 * 1024,
  "Limit of the size of a batch of records after decompression; readers skip a larger one, log and count it.",
  "32MiB"
)
export const kafkaStartTimeout = setting(
  "KAFKA_START_TIMEOUT",
  duration("seconds", 0, Number.POSITIVE_INFINITY),
  Duration.zero,
  "How long the start waits for Kafka before the process ends with 1; 0: the start does not depend on Kafka.",
  "0"
)

export const geoIpDb = optional(
  "GEOIP_DB",
  Config.String,
  "MaxMind or DB-IP .mmdb files, separated by commas: a City or Country database, and beside it ASN, ISP, Anonymous IP or Connection Type databases. A file without usable data ends the start, and is refused when it replaces a good one while running. Unset: the country database that comes with Spoor."
)
