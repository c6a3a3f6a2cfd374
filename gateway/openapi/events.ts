/** The operations for events. Every path that is not listed is an event too, by GET and HEAD. */
import { gif, json, type Operation, ok, type ResponseDescription, text } from "./operation.ts"

const form = { type: "application/x-www-form-urlencoded", schema: "Params" } as const
const multipart = { type: "multipart/form-data", schema: "Params" } as const
const empty: ResponseDescription = { status: 204, description: "The queue has the event." }
const pixel: ResponseDescription = { ...ok, contents: [gif("One transparent pixel.")] }

const posting = {
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
  handledBy: "queue",
  auth: "write key"
} as const

const getting = {
  method: "GET",
  query: "any",
  responses: [ok],
  handledBy: "queue",
  auth: "write key"
} as const

export const eventOperations: ReadonlyArray<Operation> = [
  {
    ...getting,
    path: "/t/*",
    pathParameter: "event",
    name: "getEvent",
    summary:
      "One event with its parameters in the query. HEAD does the same. A client that accepts images first gets a pixel."
  },
  {
    ...getting,
    path: "/t/*.gif",
    pathParameter: "event",
    name: "getPixel",
    summary: "One event as an image in a page or a mail; `.gif` is not part of its type.",
    responses: [pixel]
  },
  {
    ...getting,
    path: "/*",
    pathParameter: "path",
    name: "getAnyPath",
    summary: "Any other path, with any number of segments, is an event too."
  },
  {
    ...posting,
    method: "POST",
    path: "/t/*",
    pathParameter: "event",
    name: "postEvent",
    summary: "One event with its parameters in the body, the query or both.",
    responses: [ok],
    mayBeNotFound: true
  },
  {
    method: "POST",
    path: "/batch",
    name: "postBatch",
    summary: "Many events, each with a result of its own, in order.",
    body: {
      contents: [json("Batch"), { type: "application/x-ndjson", description: "One Event as JSON per line." }],
      isRequired: true,
      example: [
        { event: "buy", params: { item: 42 }, ts: 1795206900000, id: "order-7" },
        { event: "app_open" }
      ]
    },
    responses: [
      {
        status: 200,
        description:
          "`ok`: the event is in the queue. `retry`: it may be sent again, after `Retry-After`. `rejected`: it can never be stored.",
        contents: [json("Verdicts")],
        headers: {
          "Retry-After": "The time after which events with the verdict `retry` may be sent again, seconds."
        }
      }
    ],
    handledBy: "queue",
    auth: "write key"
  },
  {
    method: "POST",
    path: "/track",
    name: "postTrack",
    summary: "A user's action on a target. More fields become parameters.",
    query: "any",
    body: {
      contents: [json("Track"), text("The same JSON object.")],
      isRequired: true,
      example: { username: "ann", target: "banner-7", description: "CLICK" }
    },
    responses: [ok],
    handledBy: "queue",
    auth: "write key"
  },
  {
    ...getting,
    path: "/api/v1/beacon",
    name: "getBeacon",
    summary: "One event, answered without a body.",
    responses: [empty]
  },
  {
    ...posting,
    method: "POST",
    path: "/api/v1/beacon",
    name: "postBeacon",
    summary: "One event sent by navigator.sendBeacon.",
    responses: [empty]
  },
  {
    method: "POST",
    path: "/api/v1/beacon/log",
    name: "postServerLog",
    summary:
      "Lines of a web server's log, one event per line: common, combined, vhost_combined, with forwarded-for first, or nginx's JSON; also with a syslog prefix.",
    body: {
      contents: [text("One line per event.")],
      isRequired: true,
      example:
        '203.0.113.9 - - [21/Nov/2026:01:10:43 +0000] "GET /x?a=1 HTTP/1.1" 200 612 "-" "Mozilla/5.0"\n'
    },
    responses: [
      {
        status: 200,
        description:
          "The number of lines that are in the queue, the rejected lines with their reasons, and the lines that may be sent again.",
        contents: [json("LogImportResult")],
        headers: { "Retry-After": "The time after which lines may be sent again, seconds." }
      }
    ],
    handledBy: "queue",
    auth: "write key"
  }
]
