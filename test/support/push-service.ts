/**
 * A stand-in of the push service behind Chromium, on this machine: Chromium checks in, subscribes and stays connected to it
 * as to Google's (GCM: check-in and registration over HTTP, messages over TLS in protocol buffers). It takes messages at
 * `/fcm/send/<token>` as RFC 8030 says, and passes them on as they are: only the browser can decrypt them.
 */
import { readFileSync } from "node:fs"
import { createServer, type TLSSocket } from "node:tls"
import { makeCertificate } from "./certificate.ts"

/** A message that was taken for a browser. */
export interface TakenMessage {
  readonly token: string
  readonly headers: Headers
  readonly body: Uint8Array
}

export interface PushServiceStandIn {
  /** Arguments with which Chromium uses it. */
  readonly args: ReadonlyArray<string>
  /** `http://127.0.0.1:<port>`; a subscription's endpoint has its origin replaced by this one. */
  readonly origin: string
  readonly taken: ReadonlyArray<TakenMessage>
  /** From now on, messages to all subscriptions get this status and are not passed on. */
  readonly answerWith: (status: number) => void
  readonly stop: () => Promise<void>
}

/** The parts of protocol buffers that are needed: the field's number, and a text, bytes or a number. */
type Field = readonly [number: number, value: string | Uint8Array | number]

const varint = (value: number): ReadonlyArray<number> => {
  const bytes: Array<number> = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}

const encoded = (fields: ReadonlyArray<Field>): Uint8Array =>
  Uint8Array.from(
    fields.flatMap(([number, value]) => {
      if (typeof value === "number") return [...varint(number * 8), ...varint(value)]
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value
      return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes]
    })
  )

const fixed64 = (number: number, value: bigint): ReadonlyArray<number> => [
  ...varint(number * 8 + 1),
  ...Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
]

/** `AndroidCheckinResponse`: all is well, the time, and the identity of the device. */
const checkedIn = (): Uint8Array =>
  Uint8Array.from([
    ...encoded([
      [1, 1],
      [3, Date.now()]
    ]),
    ...fixed64(7, 5_000_000_000_000_000_001n),
    ...fixed64(8, 1_234_567_890_123_456_789n)
  ])

/** The version of the protocol, and the tags of its messages. */
const mcsVersion = 41
const tags = { heartbeatPing: 0, heartbeatAck: 1, loginRequest: 2, loginResponse: 3, data: 8 }

const framed = (tag: number, fields: ReadonlyArray<Field>): Buffer => {
  const bytes = encoded(fields)
  return Buffer.from([tag, ...varint(bytes.length), ...bytes])
}

interface Registration {
  /** The subscription in Chromium, and the key of the sender. */
  readonly subtype: string
  readonly sender: string
}

/** `DataMessageStanza` with an encrypted payload. */
const dataMessage = (id: string, { subtype, sender }: Registration, body: Uint8Array): Buffer =>
  framed(tags.data, [
    [2, id],
    [3, sender],
    [5, "org.chromium.linux"],
    ...[
      ["subtype", subtype],
      ["content-encoding", "aes128gcm"]
    ].map(
      ([key = "", value = ""]): Field => [
        7,
        encoded([
          [1, key],
          [2, value]
        ])
      ]
    ),
    [9, id],
    [21, body]
  ])

/** The connections of browsers: each says hello and is answered; what it says later needs no answer but its heartbeats. */
const startConnections = async () => {
  const { cert, key } = makeCertificate()
  const sockets = new Set<TLSSocket>()
  /** Messages that came while no browser was connected. */
  const waiting: Array<Buffer> = []
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
    socket.on("error", () => undefined)
    socket.on("close", () => sockets.delete(socket))
    socket.once("data", () => {
      socket.write(Buffer.concat([Buffer.from([mcsVersion]), framed(tags.loginResponse, [[1, "login-1"]])]))
      sockets.add(socket)
      for (const message of waiting.splice(0)) socket.write(message)
      socket.on("data", (bytes: Buffer) => {
        if (bytes[0] === tags.heartbeatPing) socket.write(framed(tags.heartbeatAck, []))
      })
    })
  })
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : 0)
    })
  )
  return {
    port,
    send: (message: Buffer): void => {
      if (sockets.size === 0) waiting.push(message)
      for (const socket of sockets) socket.write(message)
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

export const startPushService = async (): Promise<PushServiceStandIn> => {
  const connections = await startConnections()
  const registrations = new Map<string, Registration>()
  const taken: Array<TakenMessage> = []
  let status = 201

  const take = async (request: Request, token: string): Promise<Response> => {
    const registration = registrations.get(token)
    if (registration === undefined) return new Response(null, { status: 404 })
    const body = await request.bytes()
    taken.push({ token, headers: request.headers, body })
    if (status === 201) connections.send(dataMessage(`message-${taken.length}`, registration, body))
    return new Response(null, { status })
  }

  const register = async (request: Request): Promise<Response> => {
    const form = new URLSearchParams(await request.text())
    const token = `token-${registrations.size + 1}`
    registrations.set(token, { subtype: form.get("X-subtype") ?? "", sender: form.get("sender") ?? "" })
    return new Response(`token=${token}`)
  }

  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === "/checkin") {
        return new Response(new Uint8Array(checkedIn()), {
          headers: { "content-type": "application/x-protobuffer" }
        })
      }
      if (pathname === "/register") return register(request)
      const [, token] = /^\/fcm\/send\/(.+)$/.exec(pathname) ?? []
      return token === undefined ? new Response(null, { status: 404 }) : take(request, token)
    }
  })
  const origin = `http://127.0.0.1:${server.port}`

  return {
    origin,
    taken,
    args: [
      `--gcm-checkin-url=${origin}/checkin`,
      `--gcm-registration-url=${origin}/register`,
      `--gcm-mcs-endpoint=https://127.0.0.1:${connections.port}`,
      "--ignore-certificate-errors"
    ],
    answerWith: (next) => {
      status = next
    },
    stop: async () => {
      await server.stop(true)
      await connections.stop()
    }
  }
}
