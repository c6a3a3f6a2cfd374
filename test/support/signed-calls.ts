/** A receiver of reactions for tests: verifies each signature by the rules of Standard Webhooks itself, and counts ids. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/** A new key of signatures. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`

export interface SignedCall {
  readonly id: string
  readonly path: string
  readonly body: string
  readonly isGenuine: boolean
}

const isGenuine = (secret: string, headers: Readonly<Record<string, unknown>>, body: Buffer): boolean => {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    String(headers[name] ?? "")
  )
  if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > 300) return false
  const key = Buffer.from(secret.replace("whsec_", ""), "base64")
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest()
  return String(signatures)
    .split(" ")
    .some((one) => {
      const given = Buffer.from(one.replace(/^v1,/, ""), "base64")
      return given.length === expected.length && timingSafeEqual(given, expected)
    })
}

/** Starts it; on `port` when one is given. It answers 204 to genuine calls and 401 to others. */
export const startReceiver = async (secret: string, port = 0) => {
  const calls: Array<SignedCall> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const body = Buffer.concat(chunks)
      const genuine = isGenuine(secret, request.headers, body)
      const id = String(request.headers["webhook-id"] ?? "")
      calls.push({ id, path: request.url ?? "", body: body.toString("utf8"), isGenuine: genuine })
      response.writeHead(genuine ? 204 : 401).end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    ids: (): ReadonlyArray<string> => calls.map(({ id }) => id),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>
