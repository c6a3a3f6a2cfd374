/** An OTLP endpoint of a test's own, for the JSON form: keeps what arrives. It lives until `stop`. */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { type SeenTelemetry, seenIn } from "./otlp.ts"

export interface OtlpEndpoint {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  readonly seen: () => SeenTelemetry
  /** The requests so far: path and headers. */
  readonly requests: ReadonlyArray<{ readonly path: string; readonly headers: IncomingMessage["headers"] }>
  readonly stop: () => Promise<void>
}

/** `answer`: the status of each response (default 200); undefined lets the request wait for ever. */
export const startOtlpEndpoint = async (
  answer: () => number | undefined = () => 200
): Promise<OtlpEndpoint> => {
  const documents: Array<unknown> = []
  const requests: Array<{ path: string; headers: IncomingMessage["headers"] }> = []
  const server = createServer(async (request, response) => {
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    requests.push({ path: request.url ?? "", headers: request.headers })
    const status = answer()
    if (status === undefined) return
    const body = Buffer.concat(chunks).toString()
    if (status === 200 && body !== "") documents.push(JSON.parse(body))
    response.writeHead(status, { "content-type": "application/json" }).end("{}")
  }).listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen: () => seenIn(documents),
    requests,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
