/**
 * Sends the lines of one request to the store of the edge in one call, and knows which requests stored lines, for the
 * header `Spoor-Stored`. Requests share nothing here: a platform may end one request while others continue.
 */
import type { ByteString } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import type { Push } from "../accept-events.ts"
import type { EdgeStore } from "./service.ts"

export interface RequestPushes {
  readonly push: Push
  /** True when at least one line of the request was stored. */
  readonly hasStored: (request: Request) => boolean
}

interface Waiting {
  readonly line: ByteString
  readonly resolve: () => void
  readonly reject: (failure: Failure) => void
}

export const requestPushes = (pushLines: EdgeStore["push"]): RequestPushes => {
  const waiting = new WeakMap<Request, Array<Waiting>>()
  const stored = new WeakSet<Request>()

  const send = async (request: Request, all: ReadonlyArray<Waiting>): Promise<void> => {
    waiting.delete(request)
    const failures = await pushLines(all.map(({ line }) => line))
    for (const [index, one] of all.entries()) {
      const failure = failures[index]
      if (failure !== undefined) {
        one.reject(failure)
        continue
      }
      stored.add(request)
      one.resolve()
    }
  }

  return {
    push: (line, request) =>
      new Promise((resolve, reject) => {
        const one: Waiting = { line, resolve, reject }
        const open = waiting.get(request)
        if (open !== undefined) {
          open.push(one)
          return
        }
        const all = [one]
        waiting.set(request, all)
        // The events of a request are pushed in one turn: they are all here when the turn ends.
        queueMicrotask(() => {
          send(request, all).catch((cause: unknown) => {
            const failure = new Failure({ reason: "unavailable", message: String(cause) })
            for (const { reject } of all) reject(failure)
          })
        })
      }),
    hasStored: (request) => stored.has(request)
  }
}
