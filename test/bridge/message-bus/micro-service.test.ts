/** Micro services on every bus, and read by the client library of NATS. */
import { describe, expect, test } from "bun:test"
import { Svcm } from "@nats-io/services"
import { connect } from "@nats-io/transport-node"
import { Effect, Exit, Scope } from "effect"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { discover, type MicroService, register } from "../../../bridge/message-bus/micro-service.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { nats } from "../../support/nats.ts"
import { serverUrl } from "../../support/server.ts"
import { connected } from "./connected.ts"
import { failed, run } from "./support.ts"

const newService = (): MicroService => ({
  name: `actor-${crypto.randomUUID()}`,
  id: crypto.randomUUID(),
  version: "1.2.3",
  description: "Does a thing.",
  metadata: { runtime: "bun" },
  stats: Effect.succeed([
    {
      name: "enrich",
      subject: "spoor.enrich",
      queue: "enrich",
      requests: 4,
      errors: 1,
      lastError: "it broke",
      processingTime: 10_000_000,
      data: { mailbox: 3 }
    }
  ])
})

const endpoint = { name: "enrich", subject: "spoor.enrich", queue_group: "enrich" }
const counts = {
  ...endpoint,
  num_requests: 4,
  num_errors: 1,
  last_error: "it broke",
  processing_time: 10_000_000,
  average_processing_time: 2_500_000,
  data: { mailbox: 3 }
}

const contract = (name: string, open: Effect.Effect<MessageBus["Service"], Failure, Scope.Scope>): void => {
  describe(`micro services ${name}`, () => {
    test("a registered service is discovered, by every kind, until its scope closes", () =>
      run(
        Effect.gen(function* () {
          const bus = yield* open
          const [first, second] = [newService(), newService()]
          const scope = yield* Scope.make()
          yield* register(first).pipe(Effect.provideService(MessageBus, bus))
          yield* register(second).pipe(Effect.provideService(MessageBus, bus), Scope.provide(scope))
          const ofOurs = <A extends { readonly id: string }>(all: ReadonlyArray<A>) =>
            all.filter(({ id }) => id === first.id || id === second.id)

          expect(ofOurs(yield* discover(bus, "ping")).map(({ name }) => name)).toEqual(
            expect.arrayContaining([first.name, second.name])
          )
          const info = (yield* discover(bus, "info")).find(({ id }) => id === first.id)
          expect(info).toMatchObject({
            version: "1.2.3",
            description: "Does a thing.",
            endpoints: [endpoint]
          })
          const stats = (yield* discover(bus, "stats")).find(({ id }) => id === second.id)
          expect(stats).toMatchObject({ metadata: { runtime: "bun" }, endpoints: [counts] })
          expect(Date.parse(stats?.started ?? "")).toBeGreaterThan(Date.now() - 60_000)

          yield* Scope.close(scope, Exit.void)
          expect(ofOurs(yield* discover(bus, "ping")).map(({ id }) => id)).toEqual([first.id])
        })
      ))

    test("replies by name and id; no service is an empty list; foreign replies are ignored", () =>
      run(
        Effect.gen(function* () {
          const bus = yield* open
          const service = newService()
          yield* register(service).pipe(Effect.provideService(MessageBus, bus))
          for (const whom of [service.name, `${service.name}.${service.id}`]) {
            const answers = yield* bus.requestMany(`$SRV.PING.${whom}`, new Uint8Array(), 100)
            expect(answers.map((one) => JSON.parse(new TextDecoder().decode(one)))).toEqual([
              {
                type: "io.nats.micro.v1.ping_response",
                name: service.name,
                id: service.id,
                version: "1.2.3",
                metadata: { runtime: "bun" }
              }
            ])
          }
          yield* bus.serve("$SRV.PING", undefined, () => Effect.succeed(new TextEncoder().encode("not JSON")))
          expect((yield* discover(bus, "ping")).some(({ id }) => id === service.id)).toBe(true)
        })
      ))

    test("refuses names that NATS does not allow", () =>
      run(
        Effect.gen(function* () {
          const bus = yield* open
          for (const wrong of [{ name: "event counter" }, { name: "a.b" }, { name: "" }, { id: "*" }]) {
            const registered = Effect.scoped(register({ ...newService(), ...wrong }))
            expect(yield* failed(Effect.provideService(registered, MessageBus, bus))).toBe("misconfigured")
          }
        })
      ))
  })
}

contract("in process", Effect.sync(makeInProcess))

test("no service is an empty list", () =>
  run(
    Effect.gen(function* () {
      expect(yield* discover(makeInProcess(), "ping")).toEqual([])
    })
  ))

const url = await serverUrl(nats)

describe.skipIf(url === undefined)("over NATS", () => {
  contract("on NATS", connected(url ?? ""))

  test("the client of NATS itself reads ping, info and stats", () =>
    run(
      Effect.gen(function* () {
        const bus = yield* connected(url ?? "")
        const service = newService()
        yield* register(service).pipe(Effect.provideService(MessageBus, bus))
        const nc = yield* Effect.acquireRelease(
          Effect.promise(() => connect({ servers: (url ?? "").replace("nats://", "") })),
          (nc) => Effect.promise(() => nc.close())
        )
        // The two packages carry the same connection type under two versions.
        const client = new Svcm(nc as never).client({ strategy: "timer", maxWait: 200 })
        const only = async <A>(all: Promise<AsyncIterable<A>>) => Array.fromAsync(await all)
        const { name, id, metadata } = service
        const same = { name, id, metadata, version: "1.2.3" }

        const all = yield* Effect.promise(() => only(client.ping()))
        expect(all.some((one) => one.id === id)).toBe(true)
        expect(yield* Effect.promise(() => only(client.ping(name)))).toMatchObject([same])
        expect(yield* Effect.promise(() => only(client.info(name, id)))).toMatchObject([
          { ...same, description: "Does a thing.", endpoints: [endpoint] }
        ])
        expect(yield* Effect.promise(() => only(client.stats(name)))).toMatchObject([
          { ...same, endpoints: [counts] }
        ])
      })
    ))
})
