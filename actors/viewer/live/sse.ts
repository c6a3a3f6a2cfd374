/**
 * GET /live without a socket: server-sent events, each a `LiveMessage`, for curl and for tools. The query is the
 * filter. A stream lives until its client leaves or the viewer does.
 */
import { refuse } from "../../../gateway/http/errors.ts"
import { filterOf } from "../../inspect/events/filter.ts"
import type { Filter } from "../../inspect/events/messages.ts"
import type { Seats } from "./connection-limit.ts"
import type { LiveFeed } from "./feed.ts"
import { maxUnread } from "./websocket.ts"

/** A sign of life where nothing happens, in milliseconds; well under what servers and proxies call idle. */
const beat = 10_000

const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no"
}

export interface LiveStreams {
  readonly answer: (request: Request) => Response
  /** Ends those that are open, and takes no more. */
  readonly end: () => void
}

export const liveStreams = (feed: LiveFeed, seats: Seats): LiveStreams => {
  const open = new Set<() => void>()
  const encode = encodeOnce()
  let isOver = false

  const stream = (filter: Filter): ReadableStream<Uint8Array> => {
    let leave = (): void => {}
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const watch = feed.watch(filter, {
            send: (message) => controller.enqueue(encode(message)),
            isReady: () => (controller.desiredSize ?? 0) > 0
          })
          const alive = setInterval(() => {
            if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encode(""))
          }, beat)
          const end = (): void => {
            leave()
            controller.close()
          }
          leave = () => {
            open.delete(end)
            clearInterval(alive)
            watch.close()
            seats.leave()
            leave = () => {}
          }
          open.add(end)
        },
        cancel: () => leave()
      },
      new ByteLengthQueuingStrategy({ highWaterMark: maxUnread })
    )
  }

  return {
    answer: (request) => {
      const filter = filterOf(new URL(request.url, "http://viewer").searchParams)
      if (filter === undefined) return refuse("bad-request", "No event can match such a filter.")
      if (request.method === "HEAD") return new Response(null, { headers })
      if (isOver || !seats.take()) return refuse("busy", "Too many are watching.")
      return new Response(stream(filter), { headers })
    },
    end: () => {
      isOver = true
      for (const end of open) end()
    }
  }
}

/** As the bytes of one server-sent event, an empty text as a comment. Those who watch the same share the bytes. */
const encodeOnce = (): ((message: string) => Uint8Array) => {
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
