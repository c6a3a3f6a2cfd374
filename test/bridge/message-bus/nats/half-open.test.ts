/**
 * A half-open connection to NATS, on which nothing passes and no error is reported: each transport on each runtime notices
 * by unanswered pings, and connects again once the network works.
 */
import { expect, test } from "bun:test"
import { startProxy } from "../../../faults/tcp-proxy.ts"
import { denoProgram } from "../../../support/deno.ts"
import { eventually } from "../../../support/eventually.ts"
import { canStartNats, type NatsTransport, natsTransports, privateNats } from "../../../support/nats.ts"
import { ownSettings, startSpoor } from "../../../support/spoor.ts"

type Runtime = "bun" | "deno"

/** Pings are sent every 5 s and the third unanswered one ends the connection; the rest is for a slow machine. */
const noticeTimeoutMs = 60_000

const isNoticed = async (transport: NatsTransport, runtime: Runtime): Promise<string> => {
  const nats = await privateNats("", transport)
  await nats.start()
  const proxy = await startProxy(nats.port)
  const settings = ownSettings({ NATS_URL: nats.url.replace(/\d+$/, String(proxy.port)) })
  const spoor = await startSpoor(["enricher"], settings, runtime)
  try {
    const isReady = async () => (await fetch(`${spoor.address("health").origin}/health/ready`)).ok
    await eventually("it is ready", isReady)
    proxy.freeze()
    await eventually("the loss is logged", () => /Lost NATS at/.test(spoor.output()), noticeTimeoutMs)
    // Connections that were made meanwhile hang too; the old ones never deliver.
    proxy.cut()
    proxy.thaw()
    await eventually("it is ready again", isReady, noticeTimeoutMs)
    await eventually("the end is logged", () => /NATS at .* works again/.test(spoor.output()))
    expect(spoor.output().match(/Lost NATS at/g)).toHaveLength(1)
    expect(await spoor.end()).toBe(0)
    return `${transport} on ${runtime}`
  } finally {
    await spoor.end("SIGKILL")
    proxy.close()
    await nats.remove()
  }
}

const runtimes: ReadonlyArray<Runtime> = denoProgram() === undefined ? ["bun"] : ["bun", "deno"]
const all = natsTransports.flatMap((transport) => runtimes.map((runtime) => [transport, runtime] as const))

test.skipIf(!canStartNats)(
  "every transport notices a half-open connection on every runtime",
  async () => {
    const noticed = await Promise.all(all.map(([transport, runtime]) => isNoticed(transport, runtime)))
    expect(noticed).toEqual(all.map(([transport, runtime]) => `${transport} on ${runtime}`))
  },
  200_000
)
