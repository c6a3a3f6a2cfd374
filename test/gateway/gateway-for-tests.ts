/** A gateway for tests, without a socket: records the lines it pushes, and handles requests directly. */
import { type GatewayOptions, gatewayApp } from "../../gateway/app.ts"

/** The arrival time of every request, milliseconds since 1970. */
export const arrivedAt = 1795206900000

/** The part of its lines before the path. */
export const lineStart = `203.0.113.9 ${arrivedAt} trk.example.com nopod`

type Asked = Omit<RequestInit, "headers"> & {
  readonly headers?: Record<string, string>
  readonly peer?: string
}

export const testGateway = (more: Partial<GatewayOptions> = {}) => {
  const lines: Array<string> = []
  const rejected: Array<readonly [events: number, dialect: string]> = []
  const app = gatewayApp({
    push: async (line) => void lines.push(line),
    operations: { live: () => new Response(), ready: () => new Response() },
    settings: { trustedProxies: "10.0.0.0/8", podName: undefined },
    countRejected: (...counted) => void rejected.push(counted),
    now: () => arrivedAt,
    ...more
  })

  const ask = async (target: string, { peer = "203.0.113.9", ...init }: Asked = {}): Promise<Response> => {
    const headers = { host: "trk.example.com", ...init.headers }
    return app.fetch(new Request(`http://trk.example.com${target}`, { ...init, headers }), { address: peer })
  }

  /** Posts bytes or text with that content type; other values as JSON. */
  const post = (target: string, body: unknown, init: Asked & { readonly type?: string } = {}) => {
    const { type, ...rest } = init
    const isPlain = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream
    const contentType = type ?? (isPlain ? undefined : "application/json")
    const headers = { ...(contentType === undefined ? {} : { "content-type": contentType }), ...init.headers }
    const sent = isPlain ? (body as RequestInit["body"]) : JSON.stringify(body)
    const encoded = typeof sent === "string" ? new TextEncoder().encode(sent) : sent
    return ask(target, { ...rest, method: "POST", body: encoded ?? null, headers })
  }

  /** Path and query of each line so far. */
  const taken = (): ReadonlyArray<string> => lines.map((line) => line.split(" ").slice(4, 6).join(" "))

  return { app, ask, post, lines, taken, rejected }
}

/** The error in a response, with its status. */
export const refusalIn = async (
  answer: Response
): Promise<{ status: number; error: string; message: string }> => ({
  status: answer.status,
  ...((await answer.json()) as { error: string; message: string })
})
