/** Golden vectors of raw batches, in format 1 (texts as a text with one character per byte) and 2 (texts as bytes). */

import { compact } from "../compact-msgpack.ts"
import {
  batchId,
  concat,
  digest,
  emptyDigest,
  everyByte,
  oneCharPerByte,
  time,
  utf8,
  type Vector,
  widest
} from "./vector.ts"

interface Row {
  readonly index: number
  readonly dialect: "pushtech" | "adtekio"
  readonly topic: string
  readonly ts: number
  readonly ip: Uint8Array
  readonly host: Uint8Array
  readonly pod: Uint8Array
  readonly path: Uint8Array
  readonly query: Uint8Array
  readonly userAgent: Uint8Array
}

interface Batch {
  readonly case: string
  readonly about: string
  readonly digest?: string
  readonly claimed?: number
  readonly rows: ReadonlyArray<Row>
  readonly traces?: ReadonlyArray<{ readonly index: number; readonly traceparent: string }>
  readonly isCompact?: boolean
}

const first: Row = {
  index: 0,
  dialect: "pushtech",
  topic: "clicks",
  ts: time,
  ip: utf8("203.0.113.7"),
  host: utf8("shop.example"),
  pod: utf8("pod-1"),
  path: utf8("/t/buy"),
  query: utf8("item=42&name=gr%C3%B6n"),
  userAgent: utf8("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
}

const none = new Uint8Array()

const mixed: ReadonlyArray<Row> = [
  { ...first, index: 2 },
  {
    index: 3,
    dialect: "adtekio",
    topic: "searches",
    ts: 1_795_206_900,
    ip: utf8("2001:db8::1"),
    host: none,
    pod: none,
    path: utf8("/"),
    query: utf8("p"),
    userAgent: none
  },
  { ...first, index: 5, userAgent: utf8("grün") },
  { ...first, index: 9, topic: "in-app.events_2", pod: utf8("nopod"), query: utf8("e") }
]

const batches: ReadonlyArray<Batch> = [
  {
    case: "probe",
    about: "No events: a probe of the path to the log.",
    digest: emptyDigest,
    rows: []
  },
  { case: "one-event", about: "One event in the pushtech dialect.", rows: [first] },
  {
    case: "mixed",
    about:
      "A part of a split batch: both dialects, three topics, indices with gaps, IPv6, empty texts, UTF-8.",
    rows: mixed
  },
  {
    case: "every-byte",
    about: "A query and a user agent with the bytes 0x00 to 0xFF.",
    rows: [
      { ...first, query: everyByte, userAgent: everyByte },
      { ...first, index: 1 }
    ]
  },
  {
    case: "wide-integers",
    about: "Integers at the edges of 8, 16, 32 and 53 bits; none is floating point.",
    claimed: widest,
    rows: [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, widest].map((ts, index) => ({
      ...first,
      index: index * 30_000,
      ts
    }))
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

const textsOf = ({ ip, host, pod, path, query, userAgent }: Row) => [ip, host, pod, path, query, userAgent]

const messageOf = ({ digest: own = digest, claimed = time + 400, rows, traces }: Batch, format: number) => {
  const topics = [...new Set(rows.map(({ topic }) => topic))]
  const texts = concat(...rows.flatMap(textsOf))
  return {
    ...(format === 1 ? {} : { v: format }),
    id: batchId,
    digest: own,
    claimed,
    topics,
    numbers: rows.flatMap((row) => [
      row.index,
      row.dialect === "adtekio" ? 1 : 0,
      topics.indexOf(row.topic),
      row.ts,
      ...textsOf(row).map((text) => text.length)
    ]),
    texts: format === 1 ? oneCharPerByte(texts) : texts,
    ...(traces === undefined ? {} : { traces })
  }
}

export const rawBatches: ReadonlyArray<Vector> = [1, 2].flatMap((format) =>
  batches.map((batch): Vector => {
    const value = messageOf(batch, format)
    const vector = {
      message: "raw-batch",
      format,
      case: batch.case,
      about: batch.about,
      value,
      events: batch.rows
    }
    return batch.isCompact === true ? { ...vector, bytes: compact(value) } : vector
  })
)
