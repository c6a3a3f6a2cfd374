/** The operations that bring events. Whatever path is not named elsewhere is one, by GET and HEAD. */
import { type Answer, gif, json, type Operation, ok, text } from "./operation.ts"

const form = { type: "application/x-www-form-urlencoded", shape: "Params" } as const
const multipart = { type: "multipart/form-data", shape: "Params" } as const
const empty: Answer = { status: 204, means: "The queue has the event." }
const pixel: Answer = { ...ok, contents: [gif("One transparent pixel.")] }

const posted = {
  query: "any",
  body: {
    contents: [
      json("Params"),
      form,
      multipart,
      text("The same JSON object or form, as sendBeacon sends it.")
    ],
    isRequired: false,
    example: { item: 42, tags: ["a", "b"] }
  },
  does: "queue",
  asks: "write key"
} as const

const asked = {
  method: "GET",
  query: "any",
  answers: [ok],
  does: "queue",
  asks: "write key"
} as const

export const eventOperations: ReadonlyArray<Operation> = [
  {
    ...asked,
    path: "/t/*",
    star: "event",
    name: "getEvent",
    summary: "One event, its parameters in the query. HEAD does the same. Who wants images gets a pixel."
  },
  {
    ...asked,
    path: "/t/*.gif",
    star: "event",
    name: "getPixel",
    summary: "One event, shown in a page or a mail; `.gif` is not part of its type.",
    answers: [pixel]
  },
  {
    ...asked,
    path: "/*",
    star: "path",
    name: "getAnyPath",
    summary: "Any other path, of any number of segments, is an event too."
  },
  {
    ...posted,
    method: "POST",
    path: "/t/*",
    star: "event",
    name: "postEvent",
    summary: "One event, its parameters in the body, in the query or in both.",
    answers: [ok],
    mayBeNotFound: true
  },
  {
    method: "POST",
    path: "/batch",
    name: "postBatch",
    summary: "Many events, each with a verdict of its own, in their order.",
    body: {
      contents: [json("Batch"), { type: "application/x-ndjson", holds: "One Event as JSON per line." }],
      isRequired: true,
      example: [
        { event: "buy", params: { item: 42 }, ts: 1795206900000, id: "order-7" },
        { event: "app_open" }
      ]
    },
    answers: [
      {
        status: 200,
        means:
          "`ok` is in the queue; `retry` may be sent again, after `Retry-After`; `rejected` never can be.",
        contents: [json("Verdicts")],
        headers: { "Retry-After": "Seconds, where a verdict is `retry`." }
      }
    ],
    does: "queue",
    asks: "write key"
  },
  {
    method: "POST",
    path: "/track",
    name: "postTrack",
    summary: "Who did what to what. More fields are kept as parameters.",
    query: "any",
    body: {
      contents: [json("Track"), text("The same JSON object.")],
      isRequired: true,
      example: { username: "ann", target: "banner-7", description: "CLICK" }
    },
    answers: [ok],
    does: "queue",
    asks: "write key"
  },
  {
    ...asked,
    path: "/api/v1/beacon",
    name: "getBeacon",
    summary: "One event; nobody reads the answer.",
    answers: [empty]
  },
  {
    ...posted,
    method: "POST",
    path: "/api/v1/beacon",
    name: "postBeacon",
    summary: "One event of navigator.sendBeacon.",
    answers: [empty]
  },
  {
    method: "POST",
    path: "/api/v1/beacon/log",
    name: "postServerLog",
    summary:
      "Lines of a web server's log, one event each: common, combined, vhost_combined, with forwarded-for first, or JSON of nginx; also behind a syslog prefix.",
    body: {
      contents: [text("One line per event.")],
      isRequired: true,
      example:
        '203.0.113.9 - - [21/Nov/2026:01:10:43 +0000] "GET /x?a=1 HTTP/1.1" 200 612 "-" "Mozilla/5.0"\n'
    },
    answers: [
      {
        status: 200,
        means: "How many lines were taken, which were rejected and why, and which may be sent again.",
        contents: [json("LogImportResult")],
        headers: { "Retry-After": "Seconds, where lines may be sent again." }
      }
    ],
    does: "queue",
    asks: "write key"
  }
]
