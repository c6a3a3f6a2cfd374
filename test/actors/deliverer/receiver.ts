/** A target on this machine that remembers every call. Closed with the test. */
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect } from "effect"
import type { TargetName } from "../../../contracts/reactions/delivery.ts"

export interface ReceivedCall {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly at: number
}

/** `undefined` hangs. */
export interface Reply {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

export interface Receiver {
  readonly url: string
  readonly target: TargetName
  readonly calls: Array<ReceivedCall>
}

/** `reply` gets the call and its place, from 0. */
export const receiver = (
  reply: (call: ReceivedCall, place: number) => Reply | undefined | Promise<Reply | undefined> = () => ({
    status: 200
  })
) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const calls: Array<ReceivedCall> = []
      const server = createServer((request, response) => {
        let body = ""
        request.on("data", (chunk) => {
          body += chunk
        })
        request.on("end", async () => {
          const { method = "", url: path = "", headers } = request
          const call = { method, path, headers, body, at: Date.now() }
          calls.push(call)
          const answer = await reply(call, calls.length - 1)
          if (answer === undefined) return
          response.writeHead(answer.status, answer.headers).end(answer.body ?? "")
        })
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      return { url, target: url as TargetName, calls, server }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
