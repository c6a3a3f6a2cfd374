/** Every login and TLS to a real Kafka, through the settings; the administration of topics uses the same. */
import { describe, expect, test } from "bun:test"
import { randomUUID } from "node:crypto"
import { ConfigProvider, Context, Effect, Layer, Logger } from "effect"
import * as EventLogLive from "../../../../bridge/event-log/layer.ts"
import { EventLog } from "../../../../bridge/event-log/service.ts"
import type { Failure } from "../../../../contracts/failure.ts"
import type { Topic } from "../../../../contracts/ids.ts"
import { makeAuthority } from "../../../support/certificates.ts"
import { denoProgram } from "../../../support/deno.ts"
import { eventually } from "../../../support/eventually.ts"
import { loginAs, type SecuredKafka, securedKafka } from "../../../support/kafka-secured.ts"
import { ownSettings, startSpoor } from "../../../support/spoor.ts"

const kafka = await securedKafka()

/** Runs the body with the log that these settings choose, and with the lines that it has logged. */
const using = (
  settings: Record<string, string>,
  body: (log: EventLog["Service"], lines: ReadonlyArray<string>) => Promise<void>
): Promise<void> => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push([message].flat().map(String).join(" ")))
  return Layer.build(EventLogLive.layer).pipe(
    Effect.flatMap((context) => Effect.promise(() => body(Context.get(context, EventLog), lines))),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(settings)),
    Effect.scoped,
    Effect.provide(Logger.layer([logger])),
    Effect.runPromise
  )
}

/** Connects, and makes a topic: by the client library, and by that of the administration. */
const works = (settings: Record<string, string>): Promise<void> =>
  using(settings, async ({ dependency, ensureTopics }) => {
    await Effect.runPromise(dependency.check)
    await Effect.runPromise(ensureTopics([`made-${randomUUID()}` as Topic]))
  })

/** It is refused with that reason, in one line of the log, and tried again. */
const isRefused = (settings: Record<string, string>, reason: RegExp): Promise<void> =>
  using(settings, async ({ dependency }, lines) => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const failure = await Effect.runPromise(Effect.flip(dependency.check))
      expect([failure.reason, failure.message]).toEqual(["unavailable", expect.stringMatching(reason)])
      expect(failure.message).not.toContain("wr0ng")
    }
    const said = () =>
      lines.filter((line) => /^No connection to Kafka/.test(line) && reason.test(line)).length
    await eventually("the line of the outage is written", () => said() > 0)
    expect(said()).toBe(1)
  })

describe.skipIf(kafka === undefined)("Kafka with", () => {
  const at = kafka as SecuredKafka

  for (const mechanism of ["scram-sha-512", "scram-sha-256", "plain"])
    test(`${mechanism} over TLS, with an authority of one's own`, async () => {
      const login = loginAs(at, "admin", mechanism)
      await Promise.all([
        works(login),
        works({ ...login, KAFKA_BROKERS: at.sasl.replace("127.0.0.1", "localhost") }),
        isRefused(
          { ...login, KAFKA_PASSWORD: "wr0ng" },
          /refuses the login: .*check KAFKA_SASL_MECHANISM, KAFKA_USERNAME and KAFKA_PASSWORD/
        )
      ])
    })

  test("a client certificate", async () => {
    const { cert, key } = at.authority.sign("admin")
    const settings = { KAFKA_BROKERS: at.mutual, KAFKA_SSL: "true", KAFKA_CA: at.authority.ca }
    const stranger = makeAuthority("Somebody else").sign("admin")
    const refused = /check KAFKA_CERT and KAFKA_KEY/
    await Promise.all([
      works({ ...settings, KAFKA_CERT: cert, KAFKA_KEY: key }),
      isRefused({ ...settings, KAFKA_CERT: stranger.cert, KAFKA_KEY: stranger.key }, refused),
      isRefused(settings, refused)
    ])
  })

  test("a certificate that is not trusted: the sentence names KAFKA_CA", async () => {
    const { KAFKA_CA: _, ...settings } = loginAs(at, "admin")
    await Promise.all([
      isRefused(settings, /set KAFKA_CA to the certificate of its authority/),
      isRefused({ ...settings, KAFKA_CA: makeAuthority("Another").ca }, /KAFKA_CA/)
    ])
  })

  test("files that cannot be used end the start", async () => {
    const refused = async (more: Record<string, string>): Promise<string> => {
      const failure = await Effect.runPromise(
        Layer.build(EventLogLive.layer).pipe(
          Effect.provideService(
            ConfigProvider.ConfigProvider,
            ConfigProvider.fromUnknown({ KAFKA_BROKERS: at.sasl, KAFKA_SSL: "true", ...more })
          ),
          Effect.scoped,
          Effect.flip
        )
      )
      expect((failure as Failure).reason).toBe("misconfigured")
      return failure.message
    }
    expect(await refused({ KAFKA_CA: "/nowhere/ca.pem" })).toContain("KAFKA_CA names the file")
    expect(await refused({ KAFKA_CA: at.authority.ca, KAFKA_SSL: "false" })).toContain("KAFKA_SSL=true")
  })

  test.skipIf(denoProgram() === undefined)(
    "a process on Deno connects with a login and a client certificate",
    async () => {
      const { cert, key } = at.authority.sign("admin")
      const settings = { ...loginAs(at, "admin"), KAFKA_CERT: cert, KAFKA_KEY: key }
      const spoor = await startSpoor(["event-counter"], ownSettings(settings), "deno")
      await eventually(
        "it is ready",
        async () => (await fetch(`${spoor.address("health").origin}/health/ready`)).ok
      )
      expect(await spoor.end()).toBe(0)
    }
  )
})
