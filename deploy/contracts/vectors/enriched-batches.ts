/** Golden vectors of enriched batches in both formats, and of requests to steps, which are enriched batches in format 2. */
import { compact } from "../compact-msgpack.ts"
import { batchId, concat, digest, emptyDigest, everyByte, time, utf8, type Vector, widest } from "./vector.ts"

interface Row {
  readonly index: number
  readonly topic: string
  readonly received: number
  readonly key?: string
  readonly value: Uint8Array
}

interface Batch {
  readonly case: string
  readonly about: string
  readonly digest?: string
  readonly times?: { readonly claimed: number; readonly enriched: number }
  readonly rows: ReadonlyArray<Row>
  readonly traces?: ReadonlyArray<{ readonly index: number; readonly traceparent: string }>
  readonly isCompact?: boolean
}

const pushtech = utf8(
  "buy type=Desktop&browser=Firefox&engine=Gecko&version=128.0&os=Linux&host=shop.example&pod=pod-1&ts=1a1fb8bbec9&ip=cb007107&klag=e7&country=XX&city=XX item=42"
)
const adtekio = utf8(
  "/t/click bot_name&country&device=mobile&device_name&ip=3405803783&klag=1&platform=ios&ts=1795206905 f=e&g=h"
)

const first: Row = { index: 0, topic: "clicks", received: time, value: pushtech }

const mixed: ReadonlyArray<Row> = [
  { ...first, index: 2, key: "device-1" },
  { index: 3, topic: "searches", received: time + 1, value: adtekio },
  { index: 5, topic: "clicks", received: time + 2, key: "größer", value: new Uint8Array() },
  { index: 9, topic: "in-app.events_2", received: time + 3, key: "", value: adtekio }
]

const batches: ReadonlyArray<Batch> = [
  { case: "probe", about: "No records: a probe of the path to the log.", digest: emptyDigest, rows: [] },
  { case: "one-record", about: "One record without a key.", rows: [first] },
  {
    case: "mixed",
    about:
      "A part of a split batch: three topics, indices with gaps, records with and without a key (one is empty), an empty record.",
    rows: mixed
  },
  {
    case: "every-byte",
    about: "A record whose parameters have the bytes 0x00 to 0xFF.",
    rows: [
      { ...first, value: concat(pushtech, utf8("&x="), everyByte) },
      { ...first, index: 1 }
    ]
  },
  {
    case: "wide-integers",
    about: "Integers at the edges of 8, 16, 32 and 53 bits; none is floating point.",
    times: { claimed: widest, enriched: widest },
    rows: [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, widest].map(
      (received, index) => ({ ...first, index: index * 30_000, received })
    )
  },
  {
    case: "traces",
    about: "The trace contexts of two of three events.",
    rows: [first, { ...first, index: 1 }, { ...first, index: 2 }],
    traces: [
      { index: 0, traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
      { index: 2, traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b8-00" }
    ]
  },
  {
    case: "compact",
    about: "The case `mixed`, written by another MessagePack library, in the smallest forms.",
    rows: mixed,
    isCompact: true
  }
]

const messageOf = (batch: Batch, format: number) => {
  const { digest: own = digest, times = { claimed: time + 400, enriched: time + 500 }, rows, traces } = batch
  const topics = [...new Set(rows.map(({ topic }) => topic))]
  return {
    ...(format === 1 ? {} : { v: format }),
    id: batchId,
    digest: own,
    ...times,
    topics,
    numbers: rows.flatMap(({ index, topic, received, value, key }) => [
      index,
      topics.indexOf(topic),
      received,
      value.length,
      key === undefined ? 0 : 1
    ]),
    keys: rows.flatMap(({ key }) => (key === undefined ? [] : [key])),
    values: concat(...rows.map(({ value }) => value)),
    ...(traces === undefined ? {} : { traces })
  }
}

const vectorsOf = (message: string, format: number): ReadonlyArray<Vector> =>
  batches
    .filter((batch) => message !== "step-request" || batch.rows.length > 0)
    .map((batch): Vector => {
      const value = messageOf(batch, format)
      const vector = { message, format, case: batch.case, about: batch.about, value, events: batch.rows }
      return batch.isCompact === true ? { ...vector, bytes: compact(value) } : vector
    })

export const enrichedBatches: ReadonlyArray<Vector> = [
  ...vectorsOf("enriched-batch", 1),
  ...vectorsOf("enriched-batch", 2),
  ...vectorsOf("step-request", 2)
]
