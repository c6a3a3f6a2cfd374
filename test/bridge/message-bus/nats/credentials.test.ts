/** Every way to log in to a real NATS, and TLS with certificates of one's own; what is wrong ends in one sentence. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { nkeys } from "@nats-io/transport-node"
import { ConfigProvider, Context, Effect, Layer, Logger } from "effect"
import * as MessageBusLive from "../../../../bridge/message-bus/layer.ts"
import { MessageBus } from "../../../../bridge/message-bus/service.ts"
import type { Failure } from "../../../../contracts/failure.ts"
import { makeAuthority } from "../../../support/certificates.ts"
import { denoProgram } from "../../../support/deno.ts"
import { eventually } from "../../../support/eventually.ts"
import {
  canStartNats,
  type NatsServer,
  type NatsTransport,
  natsTransports,
  privateNats
} from "../../../support/nats.ts"
import { makeJwtAccount } from "../../../support/nats-jwt.ts"
import { ownSettings, startSpoor } from "../../../support/spoor.ts"

const folder = mkdtempSync(join(tmpdir(), "spoor-credentials-"))
const fileWith = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const newUser = () => {
  const user = nkeys.createUser()
  return { public: user.getPublicKey(), seed: new TextDecoder().decode(user.getSeed()) }
}
const [known, unknown] = [newUser(), newUser()]
const [account, otherAccount] = [makeJwtAccount(), makeJwtAccount()]
const authority = makeAuthority()
const server = authority.sign("a server")
const client = authority.sign("a client")
const stranger = makeAuthority("Somebody else").sign("a stranger")
const tls = (verify: boolean): string =>
  `tls { cert_file: "${server.cert}", key_file: "${server.key}", ca_file: "${authority.ca}", verify: ${verify}, timeout: 5 }`

const running: Array<NatsServer> = []
afterAll(() => Promise.all(running.map((one) => one.remove())))
const startOver = async (
  transport: NatsTransport,
  configuration: string,
  tls?: string
): Promise<NatsServer> => {
  const one = await privateNats(configuration, transport, tls)
  running.push(one)
  await one.start()
  return one
}

/** Runs the body with the bus that these settings choose, and with the lines that it has logged. */
const using = (
  settings: Record<string, string>,
  body: (bus: MessageBus["Service"], lines: ReadonlyArray<string>) => Promise<void>
): Promise<void> => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push([message].flat().map(String).join(" ")))
  return Layer.build(MessageBusLive.layer).pipe(
    Effect.flatMap((context) => Effect.promise(() => body(Context.get(context, MessageBus), lines))),
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromUnknown({ BUS_SECRET: "s", ...settings })
    ),
    Effect.scoped,
    Effect.provide(Logger.layer([logger])),
    Effect.runPromise
  )
}

const connects = (settings: Record<string, string>): Promise<void> =>
  using(settings, async ({ dependency }) => {
    await eventually("it is connected", () => Effect.runPromise(dependency.check).then(() => true))
  })

/** It is refused with that reason, in one line of the log, and tried again. */
const isRefused = (settings: Record<string, string>, reason: RegExp): Promise<void> =>
  using(settings, async ({ dependency }, lines) => {
    await eventually(`three failures with ${reason}`, async () => {
      const { reason: kind, message } = await Effect.runPromise(Effect.flip(dependency.check))
      expect(kind).toBe("unavailable")
      expect(message).not.toContain("wr0ng")
      return reason.test(message) && Number(/\((\d+) times\)/.exec(message)?.[1] ?? 0) >= 3
    })
    await eventually("the line of the outage", () => lines.some((line) => reason.test(line)))
    expect(lines.filter((line) => reason.test(line))).toHaveLength(1)
  })

const misconfigured = async (settings: Record<string, string>): Promise<string> => {
  const failure = await Effect.runPromise(
    Layer.build(MessageBusLive.layer).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(settings)),
      Effect.scoped,
      Effect.flip
    )
  )
  expect((failure as Failure).reason).toBe("misconfigured")
  return failure.message
}

describe.skipIf(!canStartNats).each([...natsTransports])("a login to NATS over %s", (transport) => {
  const start = (configuration: string, tls?: string) => startOver(transport, configuration, tls)
  const overTls = (url: string): string => url.replace("nats:", "tls:").replace("ws:", "wss:")

  test("user and password, and a token", async () => {
    const users = await start(`authorization { user: "spoor", password: "p@ss" }`)
    const withUser = (login: string) => ({ NATS_URL: users.url.replace("//", `//${login}@`) })
    await connects(withUser("spoor:p%40ss"))
    await isRefused(withUser("spoor:wr0ng"), /refuses the login/)
    const tokens = await start(`authorization { token: "t0ken" }`)
    await connects({ NATS_URL: tokens.url.replace("//", "//t0ken@") })
    await isRefused({ NATS_URL: tokens.url.replace("//", "//wr0ng@") }, /refuses the login/)
  })

  test("an nkey: its seed or the path of a file with it", async () => {
    const { url } = await start(`authorization { users: [{ nkey: ${known.public} }] }`)
    await connects({ NATS_URL: url, NATS_NKEY: known.seed })
    const file = fileWith("seed.nk", `${unknown.seed}\n`)
    await isRefused({ NATS_URL: url, NATS_NKEY: file }, /refuses the login.*NATS_NKEY/)
    await using({ NATS_URL: url, NATS_NKEY: file }, async ({ dependency }) => {
      fileWith("seed.nk", `${known.seed}\n`)
      await eventually("the new seed is read", () => Effect.runPromise(dependency.check).then(() => true))
    })
  })

  test("a JWT in a credentials file, or as text", async () => {
    const { url } = await start(account.configuration)
    await connects({ NATS_URL: url, NATS_CREDS: fileWith("user.creds", account.user("bridge")) })
    await connects({ NATS_URL: url, NATS_CREDS: account.user("bridge").trim() })
    await isRefused(
      { NATS_URL: url, NATS_CREDS: otherAccount.user("bridge") },
      /refuses the login.*NATS_CREDS/
    )
  })

  test("TLS with an authority of one's own, and client certificates", async () => {
    const open = await start("", tls(false))
    const NATS_URL = overTls(open.url)
    await connects({ NATS_URL, NATS_CA: authority.ca })
    await connects({ NATS_URL: NATS_URL.replace("127.0.0.1", "localhost"), NATS_CA: authority.ca })
    await isRefused({ NATS_URL }, /set NATS_CA to the certificate of its authority/)
    const strict = overTls((await start("", tls(true))).url)
    const settings = { NATS_URL: strict, NATS_CA: authority.ca }
    await connects({ ...settings, NATS_CERT: client.cert, NATS_KEY: client.key })
    await isRefused(settings, /check NATS_CERT and NATS_KEY/)
    await isRefused(
      { ...settings, NATS_CERT: stranger.cert, NATS_KEY: stranger.key },
      /check NATS_CERT and NATS_KEY/
    )
  })

  test.skipIf(denoProgram() === undefined)("a process on Deno logs in with an nkey over TLS", async () => {
    const { url } = await start(`authorization { users: [{ nkey: ${known.public} }] }`, tls(true))
    const settings = {
      NATS_URL: overTls(url),
      NATS_CA: authority.ca,
      NATS_CERT: client.cert,
      NATS_KEY: client.key,
      NATS_NKEY: known.seed
    }
    const spoor = await startSpoor(["enricher"], ownSettings(settings), "deno")
    await eventually(
      "it is ready",
      async () => (await fetch(`${spoor.address("health").origin}/health/ready`)).ok
    )
    expect(await spoor.end()).toBe(0)
  })
})

test.each([
  [
    { NATS_NKEY: "/nowhere/seed.nk" },
    'NATS_NKEY names the file "/nowhere/seed.nk", which cannot be read (ENOENT)'
  ],
  [{ NATS_NKEY: fileWith("none.nk", "no seed") }, "NATS_NKEY holds no seed of a NATS user"],
  [{ NATS_CREDS: "/nowhere/user.creds" }, "NATS_CREDS names the file"],
  [{ NATS_CREDS: fileWith("none.creds", "no jwt") }, "NATS_CREDS holds no NATS credentials"],
  [{ NATS_URL: "nats://me:pw@a", NATS_NKEY: known.seed }, "NATS_URL and NATS_NKEY each name a login"],
  [{ NATS_CREDS: "x", NATS_NKEY: known.seed }, "NATS_CREDS and NATS_NKEY each name a login"],
  [{ NATS_CA: authority.ca }, "NATS_CA, NATS_CERT and NATS_KEY need TLS"],
  [{ NATS_URL: "tls://a", NATS_CERT: client.cert }, "NATS_CERT needs NATS_KEY too"]
])("settings that cannot work: %p", async (settings, sentence) => {
  const message = await misconfigured({ NATS_URL: "nats://a", ...settings } as Record<string, string>)
  expect(message).toContain(sentence)
  expect(message).not.toContain(known.seed)
})
