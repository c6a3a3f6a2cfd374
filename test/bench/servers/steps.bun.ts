/**
 * A bare server that adds the work of the gateway step by step, in the shortest code: without limits, error handling or
 * checks. `STEP` is the last step; `REDIS_URL` is the address of Redis. Prints its port; lives until it is killed.
 */
import { connect } from "node:net"
import { type Step, steps } from "./steps.ts"

const reached = steps.findIndex(({ name }) => name === process.env.STEP)
const has = (step: Step): boolean => steps.findIndex(({ name }) => name === step) <= reached

const redis = new URL(process.env.REDIS_URL ?? "redis://127.0.0.1:6379")
const queue = has("queue") ? connect(Number(redis.port), redis.hostname) : undefined
const pushes: Array<() => void> = []
queue?.on("data", (replies) => {
  for (const byte of replies) if (byte === 0x3a) pushes.shift()?.()
})

let lines: Array<string> = []
let next = Promise.withResolvers<void>()
let isScheduled = false

/** Answers all requests of this turn of the event loop together. */
const settle = (): void => {
  const settled = next
  next = Promise.withResolvers()
  isScheduled = false
  if (queue === undefined) {
    settled.resolve()
    return
  }
  let command = `*${lines.length + 2}\r\n$5\r\nRPUSH\r\n$11\r\nclick_queue\r\n`
  for (const line of lines) command += `$${line.length}\r\n${line}\r\n`
  lines = []
  pushes.push(settled.resolve)
  queue.write(command, "latin1")
}

const lineOf = ({ url, headers }: Request): string => {
  const target = url.slice(url.indexOf("/", 8))
  const isImage = headers.get("accept")?.startsWith("image/") === true
  const line = `${Date.now()} ${headers.get("host")} pod ${target} ${isImage ? "i" : "e"} ${headers.get("user-agent")}`
  return headers.get("x-forwarded-for") === null ? line : `${line}?`
}

const empty = (): Response => new Response(null, { status: 204 })
const headers = new Headers({ "content-type": "application/json", "access-control-allow-origin": "*" })
const whole = (): Response => new Response('{"status":"ok"}', { headers })
const answer = has("body") ? whole : empty

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  development: false,
  fetch: (request, server) => {
    if (!has("later")) return empty()
    const line = has("reads") ? lineOf(request) : ""
    const address = has("address") ? server.requestIP(request)?.address : ""
    if (has("queue")) lines.push(`${address} ${line}`)
    if (!isScheduled) {
      isScheduled = true
      setImmediate(settle)
    }
    return next.promise.then(answer)
  }
})
process.stdout.write(`port ${server.port}\n`)
