/** The log of a NATS server that refuses the login: its reason, once; "connected" only after a successful login. */
import { describe, expect, test } from "bun:test"
import { Effect, Logger, Redacted } from "effect"
import { connectNats } from "../../../../bridge/message-bus/nats/connection.ts"
import type { ReconnectingNats } from "../../../../bridge/message-bus/nats/connection-types.ts"
import { denoProgram } from "../../../support/deno.ts"
import { eventually } from "../../../support/eventually.ts"
import { canStartNats, natsTransports, privateNats } from "../../../support/nats.ts"
import { ownSettings, startSpoor } from "../../../support/spoor.ts"

/** A connection, and the lines that it has logged so far. */
const withConnection = (
  url: string,
  body: (nats: ReconnectingNats, lines: ReadonlyArray<string>) => Promise<void>
) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message, logLevel }) => {
    if (logLevel !== "Debug") lines.push([message].flat().map(String).join(" "))
  })
  return connectNats({ url: Redacted.make(url), creds: undefined, inboxPrefix: "_INBOX.test" }).pipe(
    Effect.flatMap((nats) =>
      Effect.andThen(
        nats.listen({
          subject: "here",
          queue: undefined,
          onMessage: () => undefined,
          onDenied: () => undefined
        }),
        Effect.promise(() => body(nats, lines))
      )
    ),
    Effect.scoped,
    Effect.provide(Logger.layer([logger])),
    Effect.runPromise
  )
}

const failedOften = (nats: ReconnectingNats, times: number): Promise<string> =>
  eventually(`${times} failures`, async () => {
    const { message } = await Effect.runPromise(Effect.flip(nats.check))
    return Number(/\((\d+) times\)/.exec(message)?.[1] ?? 0) >= times && message
  })

const isConnected = (nats: ReconnectingNats) =>
  eventually("it is connected", () =>
    Effect.runPromise(nats.check).then(
      () => true,
      () => false
    )
  )

/** The number of subscriptions of each client at the server. */
const subscriptions = async (monitor: string): Promise<ReadonlyArray<number>> => {
  const answer = (await (await fetch(`${monitor}/connz`)).json()) as {
    readonly connections: ReadonlyArray<{ readonly subscriptions: number }>
  }
  return answer.connections.map((one) => one.subscriptions)
}

const login = (password: string) => `authorization { user: "spoor", password: "${password}" }`

describe.skipIf(!canStartNats).each([...natsTransports])(
  "a NATS over %s that refuses the login",
  (transport) => {
    test("after a connection: one line each for lost, refused and connected, and one subscription", async () => {
      const server = await privateNats(login("first"), transport)
      await server.start()
      await withConnection(server.url.replace("//", "//spoor:first@"), async (nats, lines) => {
        await server.reload(login("second"))
        const message = await failedOften(nats, 8)
        expect(message).toContain("refuses the login")
        expect(message).toContain("NATS_URL")
        expect(message).not.toContain("first")
        expect(lines.filter((line) => /^Lost NATS at /.test(line)).length).toBe(1)
        expect(lines.join()).toContain("refuses the login")
        expect(lines.filter((line) => /works again/.test(line))).toEqual([])
        expect(lines.length).toBeLessThanOrEqual(2)

        await server.reload(login("first"))
        await isConnected(nats)
        const over = (): ReadonlyArray<string> => lines.filter((line) => line.startsWith("NATS at"))
        await eventually("its end is logged", () => over().some((line) => line.includes("works again")))
        expect(over().at(-1)).toMatch(
          / works again after \d+ s and \d+ failures \(\d+ times: it refuses the login/
        )
        expect(lines.length).toBeLessThanOrEqual(3)
        expect(await subscriptions(server.monitor)).toEqual([1])
      })
      await server.remove()
    })

    test("from the start: one line gives the reason", async () => {
      const server = await privateNats(login("other"), transport)
      await server.start()
      await withConnection(server.url, async (nats, lines) => {
        await failedOften(nats, 5)
        await eventually("it is logged", () => lines.length > 0)
        expect(lines.length).toBe(1)
        const address = server.url.replace("nats://", "")
        expect(lines[0]).toStartWith(`No connection to NATS at ${address}: it refuses the login`)
      })
      await server.remove()
    })

    test.skipIf(denoProgram() === undefined)("a process on Deno survives it", async () => {
      const server = await privateNats(login("other"), transport)
      await server.start()
      const spoor = await startSpoor(["enricher"], ownSettings({ NATS_URL: server.url }), "deno")
      const times = async (): Promise<number> => {
        const report = await (await fetch(spoor.address("health"))).text()
        return Number(/refuses the login[^"]*\((\d+) times\)/.exec(report)?.[1] ?? 0)
      }
      await eventually("it was refused often", async () => (await times()) > 40, 50_000)
      expect(spoor.output().match(/NATS at [^"]*refuses the login/g)?.length).toBe(1)
      expect(await spoor.end()).toBe(0)
      await server.remove()
    })

    test("of two servers one that is down does not prevent a connection to the other", async () => {
      const server = await privateNats("", transport)
      await server.start()
      await withConnection(`${server.url.replace(/\d+$/, "1")},${server.url}`, async (nats, lines) => {
        await isConnected(nats)
        await server.kill()
        await eventually("the loss is detected", () => lines.some((line) => line.startsWith("Lost NATS")))
        await server.start()
        await isConnected(nats)
        expect(await subscriptions(server.monitor)).toEqual([1])
      })
      await server.remove()
    })
  }
)
