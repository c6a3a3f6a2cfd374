/**
 * Dead letters of deliveries, made by a real deliverer: listed, opened, tried, edited, replayed and discarded by the viewer's
 * API and by the command. The ledgers of the queue and of the rules balance throughout.
 */
import { describe, expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import { booksOf } from "../../../bridge/ingest-queue/batches.ts"
import { eventually } from "../../../support/eventually.ts"
import { hasRedisProgram, startRedis } from "../../../support/redis.ts"
import { command } from "../../commands/command.ts"
import { receiver } from "../../deliverer/receiver.ts"
import { delivery, event, lineOf, makeWorld } from "../../deliverer/world.ts"
import { ask, openLog, sendCommand, servicesOn } from "../requests.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(effect as Effect.Effect<A>)

/** Two deliveries of the rule `r` that a target has refused, and a target that takes all. */
const twoDead = Effect.fnUntraced(function* (settings: Record<string, string>) {
  const answer = { status: 400 }
  const target = yield* receiver(() => answer)
  const world = yield* makeWorld(settings)
  yield* world.start
  const steps = [
    {
      call: {
        url: `${target.url}/{{ params.item }}`,
        headers: { "x-key": "{{ secrets.KEY }}" },
        body: { a: "é" }
      }
    }
  ]
  const deliveries = ["a", "b"].map((name) => delivery(name, target.target, steps))
  yield* world.store.add(deliveries)
  yield* Effect.promise(() => eventually("both are dead", async () => (await run(lineOf(world)))?.dead === 2))
  yield* Effect.promise(() =>
    eventually("both are in the list", async () => (await run(world.source.depth)).deadLetters === 2)
  )
  const services = yield* servicesOn([world.source], yield* openLog, {}, world.store)
  const get = (path: string) =>
    Effect.promise(async () => (await ask(`/api/dead-letters${path}`, services)).json())
  const send = (path: string, body: unknown) =>
    Effect.promise(async () => (await sendCommand(path, services, body)).json())
  const [first, second]: ReadonlyArray<{ address: string }> = (yield* get("?stage=deliverer")).letters
  if (first === undefined || second === undefined) throw new Error("Dead letters are missing.")
  return { target, world, answer, get, send, first: first.address, second: second.address }
})

const delivered = (world: Effect.Success<ReturnType<typeof twoDead>>["world"], count: number) =>
  Effect.promise(() =>
    eventually("it is delivered", async () => (await run(lineOf(world)))?.delivered === count)
  )

const done = { done: 1, gone: 0, tooOften: 0, tooOftenLetters: [], troubles: [] }

const suite = (
  check: (
    what: string,
    body: (settings: Record<string, string>) => Effect.Effect<void, unknown, Scope.Scope>
  ) => void
): void => {
  check("listed by stage and reason, and opened as what they are", (settings) =>
    Effect.gen(function* () {
      const { get, first, target } = yield* twoDead(settings)
      const list = yield* get("?reason=not+delivered")
      expect(list).toMatchObject({ total: 2, choices: { stages: expect.arrayContaining(["deliverer"]) } })
      expect((yield* get("?stage=bridge")).letters).toEqual([])
      const open = yield* get(`/letter?address=${first}`)
      expect(open).toMatchObject({
        ...{ stage: "deliverer", topic: "reactions", detail: "r: the target answers 400", isEditable: true },
        delivery: { rule: "r", target: target.target, event: event.id, type: "buy", step: "1 of 1" }
      })
    })
  )

  check("a dry run shows the request, without the secret and without a call", (settings) =>
    Effect.gen(function* () {
      process.env.RULES_SECRET_KEY = "s3cret-of-the-test"
      yield* Effect.addFinalizer(() => Effect.sync(() => delete process.env.RULES_SECRET_KEY))
      const { get, send, first, target } = yield* twoDead(settings)
      const calls = target.calls.length
      const tried = yield* send("try", { letter: first })
      expect(tried).toMatchObject({ kind: "delivery", rule: "r", isPossible: true })
      expect(tried.requests).toContain(`POST ${target.url}/42\nx-key: •••\n`)
      expect(tried.requests).toContain('{"a":"é"}')
      expect(tried.requests).toContain("webhook-signature if its secret is set")
      const { line } = yield* get(`/letter?address=${first}`)
      const edited = yield* send("try", {
        line: line.replace("params.item", "params.other | unknown_filter")
      })
      expect(edited).toMatchObject({ kind: "delivery", isPossible: false })
      expect(yield* send("try", { line: '{"delivery":1}' })).toMatchObject({
        message: expect.stringMatching(/delivery is invalid/)
      })
      expect(target.calls.length).toBe(calls)
    })
  )

  check("replayed, edited or not, under the same webhook-id; what is gone is gone", (settings) =>
    Effect.gen(function* () {
      const { world, answer, get, send, first, second, target } = yield* twoDead(settings)
      answer.status = 200
      const { line } = yield* get(`/letter?address=${first}`)
      const wrong = line.replace('"rule":"r"', '"rule":"s"')
      expect((yield* send("replay", { letters: [first], line: wrong })).troubles).toMatchObject([
        expect.stringMatching(/must stay as they are/)
      ])
      const edited = line.replace("{{ params.item }}", "edited")
      expect(yield* send("replay", { letters: [first], line: edited })).toEqual(done)
      yield* delivered(world, 1)
      expect(target.calls.at(-1)?.path).toBe("/edited")
      expect(yield* send("replay", { letters: [first] })).toMatchObject({ done: 0, gone: 1 })
      expect(yield* send("replay", { letters: [second] })).toEqual(done)
      yield* delivered(world, 2)
      expect(new Set(target.calls.map(({ headers }) => headers["webhook-id"])).size).toBe(2)
      expect(yield* lineOf(world)).toMatchObject({ matched: 2, delivered: 2, dead: 0, replayed: 2 })
      const books = yield* Effect.promise(() => booksOf(world.source))
      expect(books).toMatchObject({ pushed: 2, taken: 2, deadLetters: 0, waiting: 0 })
      expect(books.topics).toMatchObject([{ topic: "reactions", received: 2, dead: 2, replayed: 2 }])
    })
  )

  check("one that dies again after a replay is a dead letter again", (settings) =>
    Effect.gen(function* () {
      const { world, send, get, first } = yield* twoDead(settings)
      expect(yield* send("replay", { letters: [first] })).toEqual(done)
      yield* Effect.promise(() =>
        eventually("it is back", async () => (await run(world.source.depth)).deadLetters === 2)
      )
      expect((yield* get("")).letters.map(({ address }: { address: string }) => address)).toContain(first)
    })
  )

  check("replayed and discarded by filter", (settings) =>
    Effect.gen(function* () {
      const { world, answer, send, first } = yield* twoDead(settings)
      expect(yield* send("discard", { letters: [first] })).toEqual(done)
      expect(yield* lineOf(world)).toMatchObject({ dead: 1, discarded: 1 })
      answer.status = 200
      expect(yield* send("replay", { filter: { stage: "deliverer" } })).toEqual(done)
      yield* delivered(world, 1)
      expect(yield* lineOf(world)).toMatchObject({ matched: 2, delivered: 1, discarded: 1, dead: 0 })
      const books = yield* Effect.promise(() => booksOf(world.source))
      expect(books.topics).toMatchObject([{ topic: "reactions", dead: 2, replayed: 1, discarded: 1 }])
    })
  )

  check("by the command: list, show, dry run, replay, discard", (settings) =>
    Effect.gen(function* () {
      const { world, answer, first, second, target } = yield* twoDead(settings)
      const env = { ...world.env, KAFKA_BROKERS: "", NATS_URL: "", RULES_SECRET_KEY: "s3cret-of-the-test" }
      const spoor = (...args: ReadonlyArray<string>) =>
        Effect.promise(() => command(env, "dead-letters", args))
      const list = yield* spoor("list", "--stage", "deliverer")
      const rows = list.out.split("\n").filter((row) => row.includes("not delivered"))
      expect(rows).toHaveLength(2)
      for (const row of rows) expect(row).toContain("r: the target answers 400")
      const shown = (yield* spoor("show", first)).out
      for (const text of [
        "r: the target answers 400",
        target.target,
        `buy ${event.id}`,
        "1 of 1",
        '"delivery":'
      ])
        expect(shown).toContain(text)
      const tried = yield* spoor("replay", first, "--dry-run")
      expect(tried).toMatchObject({ code: 0 })
      expect(tried.out).toContain(`POST ${target.url}/42\nx-key: •••\n`)
      answer.status = 200
      expect(yield* spoor("replay", first)).toMatchObject({ code: 0, out: `${first}  replayed\n` })
      yield* delivered(world, 1)
      expect(yield* spoor("discard", second)).toMatchObject({ code: 0, out: `${second}  discarded\n` })
      expect(yield* lineOf(world)).toMatchObject({ delivered: 1, discarded: 1, dead: 0 })
    })
  )
}

describe("in files", () => suite((what, body) => test(what, () => run(Effect.scoped(body({}))))))

if (hasRedisProgram())
  describe("on Redis", () =>
    suite((what, body) =>
      test(what, async () => {
        const redis = await startRedis()
        if (redis === undefined) throw new Error("There is no redis-server.")
        try {
          await run(Effect.scoped(body({ REDIS_URL: redis.url, PROJECTIONS_URL: redis.url })))
        } finally {
          await redis.stop()
        }
      })
    ))
