/** Golden vectors of the small messages for observers, of pushes from an edge, and of the messages that are JSON. */
import {
  batchId,
  concat,
  digest,
  everyByte,
  oneCharPerByte,
  time,
  utf8,
  type Vector,
  widest
} from "./vector.ts"

const line = concat(
  utf8("203.0.113.7 1795206900123 shop.example pod-1 /t/buy item="),
  everyByte,
  utf8(" curl/8")
)
const record = concat(utf8("buy type=Bot&browser=curl item="), everyByte)

/** `1` has no field `v`; 2 has. */
const versions = [1, 2] as const

const versioned = (format: number, value: object): object => (format === 1 ? value : { v: format, ...value })

const small: ReadonlyArray<Omit<Vector, "format" | "value"> & { readonly value: object }> = [
  {
    message: "batch-progress",
    case: "stored",
    about: "1,000 events of a batch were stored in one topic.",
    value: { stage: "stored", topic: "clicks", batch: batchId, at: time, count: 1_000 }
  },
  {
    message: "batch-progress",
    case: "rejected",
    about: "Three events were rejected, for two reasons.",
    value: {
      stage: "rejected",
      topic: "in-app.events_2",
      batch: batchId,
      at: widest,
      count: 3,
      reasons: { "no path": 2, "not an IP address": 1 }
    }
  },
  {
    message: "consumer-progress",
    case: "consumed",
    about: "A counter has processed 17 records; offsets are text, because they may have more than 53 bits.",
    value: {
      by: "event-counter",
      topic: "clicks",
      partition: 11,
      first: "9223372036854775000",
      next: "9223372036854775017",
      count: 17,
      at: time
    }
  },
  {
    message: "copy-subscription",
    case: "one-stage",
    about: "Somebody watches the stage `raw`.",
    value: { stages: ["raw"] }
  },
  {
    message: "copy-subscription",
    case: "all-stages",
    about: "Somebody watches every stage.",
    value: { stages: ["raw", "enriched", "stored", "rejected"] }
  }
]

const copies = (format: 1 | 2): ReadonlyArray<Vector> => {
  const bytes = format === 1 ? oneCharPerByte : (all: Uint8Array) => all
  const common = { topic: "clicks", batch: batchId, at: time }
  const all = [
    {
      case: "raw",
      about: "A line with the bytes 0x00 to 0xFF, as it was claimed.",
      value: { stage: "raw", ...common, events: [{ index: 0, line: bytes(line) }], dropped: 0 }
    },
    {
      case: "stored",
      about: "Two records with their places in the log; 12 events were dropped before.",
      value: {
        stage: "stored",
        ...common,
        events: [
          { index: 0, record: bytes(record), partition: 0, offset: "0" },
          {
            index: 1,
            record: bytes(utf8("buy type=Bot item=größer")),
            partition: 11,
            offset: "9223372036854775807"
          }
        ],
        dropped: 12
      }
    },
    {
      case: "rejected",
      about: "A line that was rejected, with reason, detail and actor.",
      value: {
        stage: "rejected",
        ...common,
        events: [
          {
            index: 70_000,
            line: bytes(utf8("not a line")),
            reason: "too few fields",
            detail: "The line has 3 fields.",
            by: "drainer"
          }
        ],
        dropped: 0
      }
    }
  ]
  return all.map(({ value, ...one }) => ({
    message: "copies",
    format,
    ...one,
    value: versioned(format, value)
  }))
}

const id = "01KD2Z5Y7B9QTSAV3J8XG4M6NE"

const pushes: ReadonlyArray<Vector> = [
  { case: "no-lines", about: "No lines: a probe of the way to the queue.", value: { lines: [] } },
  {
    case: "every-byte",
    about: "Three lines, one with the bytes 0x00 to 0xFF and one empty.",
    value: { lines: [line, utf8("203.0.113.7 1795206900 clicks /t/click p"), new Uint8Array()] }
  },
  {
    case: "default-topic",
    about: "A topic for the lines that name none.",
    value: {
      lines: [utf8("203.0.113.7 1795206900123 shop nopod /buy e curl/8")],
      defaultTopic: "in-app.events_2"
    }
  }
].map(({ value, ...one }) => ({ message: "pushed-lines", format: 2, ...one, value: { v: 2, id, ...value } }))

const letter = {
  v: 1,
  id: `${batchId}-3`,
  reason: "not enriched",
  detail: "no model for “größer”",
  stage: "enricher",
  topic: "clicks",
  attempts: 1,
  first: time,
  last: time + 900,
  line: Buffer.from(line).toString("base64")
}

const event = {
  stage: "stored",
  id: `${batchId}-0`,
  topic: "clicks",
  partition: 0,
  offset: "9223372036854775807",
  timestamp: time + 600,
  type: "buy",
  country: "DE",
  device: "Pixel 8",
  deviceType: "Mobile",
  address: "203.0.113.7",
  klag: 231,
  meta: [
    ["type", "Mobile"],
    ["country", "DE"]
  ],
  params: [["item", "42"]],
  raw: "buy type=Mobile&country=DE item=42",
  times: { received: time, logged: time + 600 }
}

/** Messages that are JSON: their text is the vector. */
const texts: ReadonlyArray<Omit<Vector, "format">> = [
  { message: "dead-letter", case: "rejected", about: "A line with the bytes 0x00 to 0xFF.", value: letter },
  { message: "tap-event", case: "stored", about: "A stored event.", value: event },
  {
    message: "tap-event",
    case: "rejected",
    about: "A line that cannot be parsed has no place in the log and no fields.",
    value: {
      stage: "rejected",
      id: `${batchId}-1`,
      topic: "clicks",
      timestamp: time,
      type: "",
      country: "",
      device: "",
      deviceType: "",
      address: "",
      meta: [],
      params: [],
      raw: "not a line",
      times: {},
      reason: "too few fields",
      detail: "The line has 3 fields.",
      by: "drainer"
    }
  },
  {
    message: "tap-dropped",
    case: "dropped",
    about: "The tap dropped 12 stored events.",
    value: { stage: "stored", topic: "clicks", dropped: 12 }
  },
  {
    message: "actor-figures",
    case: "counter",
    about: "The figures of a counter that is behind.",
    value: {
      events: { received: 1_000, succeeded: 998, failed: 2 },
      underWay: 1,
      capacity: 80,
      lag: 1_200,
      lastAt: time,
      behind: [{ topic: "clicks", partition: 0, records: 40, end: "9223372036854775807" }],
      seams: { kafka: "ok", redis: "The connection was refused." },
      refusals: { kafka: "The topic searches does not exist." },
      systems: { kafka: { kind: "kafka", embedded: false, address: "kafka:9092" } },
      state: "up"
    }
  }
]

export const observerVectors: ReadonlyArray<Vector> = [
  ...small.flatMap(({ value, ...one }) =>
    versions.map((format): Vector => ({ ...one, format, value: versioned(format, value) }))
  ),
  ...versions.flatMap(copies),
  ...pushes,
  ...texts.map((one): Vector => ({ ...one, format: 1 }))
]

/** Receipts for one request, and whether each accounts for it. */
export const receiptChecks = {
  request: { id: batchId, digest, indices: [2, 3, 5] },
  receipts: [
    ...[
      { about: "all stored", stored: 3, placed: [2, 1], rejected: [], isValid: true },
      { about: "one rejected", stored: 2, placed: [2], rejected: [3], isValid: true },
      { about: "all rejected", stored: 0, placed: [], rejected: [2, 3, 5], isValid: true },
      { about: "one event missing", stored: 2, placed: [2], rejected: [], isValid: false },
      { about: "one event too many", stored: 3, placed: [3], rejected: [3], isValid: false },
      { about: "an event rejected twice", stored: 1, placed: [1], rejected: [3, 3], isValid: false },
      { about: "an event that was not sent", stored: 2, placed: [2], rejected: [4], isValid: false },
      { about: "placements of fewer records", stored: 3, placed: [2], rejected: [], isValid: false },
      { about: "placements of more records", stored: 3, placed: [2, 2], rejected: [], isValid: false },
      { about: "a placement of no record", stored: 3, placed: [3, 0], rejected: [], isValid: false },
      { about: "a negative number", stored: -1, placed: [], rejected: [2, 3, 5, 5], isValid: false },
      {
        about: "another batch",
        stored: 3,
        placed: [3],
        rejected: [],
        isValid: false,
        id: `${batchId.slice(0, -1)}6`
      },
      {
        about: "other lines",
        stored: 3,
        placed: [3],
        rejected: [],
        isValid: false,
        digest: "0123456789abcdee"
      }
    ].map(({ about, isValid, stored, placed, rejected, ...other }) => ({
      about,
      isValid,
      receipt: {
        ...{ id: batchId, digest, ...other },
        stored,
        placements: placed.map((count, at) => ({
          ...{ topic: "clicks", partition: 0, offset: String(at * 2) },
          ...{ count, at: time }
        })),
        rejected: rejected.map((index) => ({
          index,
          topic: "clicks",
          stage: "enricher",
          reason: "not enriched"
        }))
      }
    }))
  ]
}
