/**
 * GET /live without a WebSocket: server-sent events, each a `LiveMessage`, for curl and other tools. The query is the
 * filter. A stream lives until its client disconnects or the viewer closes.
 */
import { CopyStage } from "../../../contracts/event-copy.ts"
import { refuse } from "../../../gateway/http/errors.ts"
import { filterOf } from "../../inspect/events/filter.ts"
import type { Filter } from "../../inspect/events/messages.ts"
import type { ConnectionLimit } from "./connection-limit.ts"
import type { LiveFeed } from "./feed.ts"
import { maxUnsentBytes } from "./websocket.ts"

/** Interval of keep-alive comments, ms; well under common idle timeouts. */
const keepAliveIntervalMs = 10_000

const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no"
}

export interface LiveStreams {
  readonly respond: (request: Request) => Response
  /** Ends the open streams and refuses new ones. */
  readonly close: () => void
}

export const liveStreams = (feed: LiveFeed, limit: ConnectionLimit): LiveStreams => {
  const open = new Set<() => void>()
  const encode = memoisedEncoder()
  let isClosed = false

  const stream = (filter: Filter): ReadableStream<Uint8Array> => {
    let release = (): void => {}
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const subscription = feed.subscribe(filter, {
            send: (message) => controller.enqueue(encode(message)),
            isReady: () => (controller.desiredSize ?? 0) > 0
          })
          const keepAlive = setInterval(() => {
            if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encode(""))
          }, keepAliveIntervalMs)
          const end = (): void => {
            release()
            controller.close()
          }
          release = () => {
            open.delete(end)
            clearInterval(keepAlive)
            subscription.close()
            limit.release()
            release = () => {}
          }
          open.add(end)
        },
        cancel: () => release()
      },
      new ByteLengthQueuingStrategy({ highWaterMark: maxUnsentBytes })
    )
  }

  return {
    respond: (request) => {
      const filter = filterOf(new URL(request.url, "http://viewer").searchParams)
      if (filter === undefined) return refuse("bad-request", invalidFilterMessage)
      if (request.method === "HEAD") return new Response(null, { headers })
      if (isClosed || !limit.acquire()) return refuse("busy", "Too many live connections: try again later.")
      return new Response(stream(filter), { headers })
    },
    close: () => {
      isClosed = true
      for (const end of open) end()
    }
  }
}

const invalidFilterMessage = `Invalid filter: stage must be one of ${CopyStage.literals.join(", ")}; each other field has at most 1,000 characters.`

/** The bytes of one server-sent event; of an empty message, a comment. Subscribers of one channel share the bytes. */
const memoisedEncoder = (): ((message: string) => Uint8Array) => {
  const encoder = new TextEncoder()
  let last = ""
  let bytes = encoder.encode(":\n\n")
  return (message) => {
    if (message === last) return bytes
    last = message
    bytes = encoder.encode(message === "" ? ":\n\n" : `data: ${message}\n\n`)
    return bytes
  }
}
