/**
 * The gateway for Deno Deploy and `deno serve`: `deno serve -A --unstable-kv gateway/serve-edge.deno.ts`. The environment
 * has the settings. A process lives as the platform decides; nothing that matters is kept in it.
 */
import { Effect } from "effect"
import { Failure } from "../contracts/failure.ts"
import { readAll } from "../contracts/setting.ts"
import { openEdgeGateway } from "./edge-runtime/edge-gateway.ts"
import { writeLog } from "./edge-runtime/edge-log.ts"
import { type Kv, KvLines } from "./edge-runtime/kv-lines.ts"
import { processStore, type RunLater } from "./edge-runtime/process-store.ts"
import { storeSettings } from "./edge-runtime/read-settings.ts"
import type { LineStore } from "./edge-runtime/service.ts"
import { edgeKv } from "./edge-runtime/settings.ts"
import { visitorId } from "./privacy/settings.ts"

interface DenoEdge {
  readonly env: { readonly toObject: () => Record<string, string> }
  /** Undefined without `--unstable-kv`, where it is not yet stable. */
  readonly openKv?: (path?: string) => Promise<Kv>
  readonly unrefTimer: (timer: unknown) => void
  readonly KvU64: new (value: bigint) => unknown
}

const { Deno } = globalThis as unknown as { readonly Deno: DenoEdge }

const runLater: RunLater = (task, delayMs) => Deno.unrefTimer(setTimeout(task, delayMs))

const openStore = Effect.gen(function* () {
  const { maxBytes, ...settings } = yield* storeSettings
  const { path, visitors } = yield* readAll({ path: edgeKv, visitors: visitorId })
  const needsKv = settings.ack === "edge" || visitors !== "off"
  if (needsKv && Deno.openKv === undefined)
    return yield* new Failure({
      reason: "misconfigured",
      message: "EDGE_ACK=kv and VISITOR_ID need Deno KV: start with deno serve --unstable-kv."
    })
  const store = needsKv ? openedLater(() => openLines(path, maxBytes)) : withoutLines
  return processStore({ ...settings, store, log: writeLog }, runLater)
})

const openLines = async (path: string | undefined, maxBytes: number): Promise<LineStore> => {
  const kv = await Deno.openKv?.(path)
  if (kv === undefined) throw new Failure({ reason: "unavailable", message: "Deno KV is missing." })
  return new KvLines(kv, (value) => new Deno.KvU64(value), maxBytes)
}

/** The store, opened by its first use, and again after a failure to open it. */
const openedLater = (open: () => Promise<LineStore>): LineStore => {
  let opening: Promise<LineStore> | undefined
  const opened = (): Promise<LineStore> => {
    opening ??= open().catch((cause: unknown) => {
      opening = undefined
      throw new Failure({ reason: "unavailable", message: `Deno KV cannot be opened: ${String(cause)}` })
    })
    return opening
  }
  return {
    append: async (lines) => (await opened()).append(lines),
    next: async () => (await opened()).next(),
    settle: async (push) => (await opened()).settle(push),
    size: async () => (await opened()).size(),
    salt: async (day, proposed) => (await opened()).salt(day, proposed)
  }
}

/** With EDGE_ACK=centre nothing is stored at the edge. */
const withoutLines: LineStore = {
  append: () =>
    Promise.reject(new Failure({ reason: "unavailable", message: "EDGE_ACK=centre stores nothing." })),
  next: async () => undefined,
  settle: async () => {},
  size: async () => ({ lines: 0, bytes: 0, oldestMs: 0 }),
  salt: () => Promise.reject(new Failure({ reason: "unavailable", message: "VISITOR_ID is off." }))
}

const gateway = openEdgeGateway(Deno.env.toObject(), {
  durableAck: "kv",
  addressHeader: undefined,
  openStore
})

export default {
  fetch: (
    request: Request,
    info: { readonly remoteAddr: { readonly hostname?: string } }
  ): Response | Promise<Response> => gateway.fetch(request, info.remoteAddr.hostname)
}
