/** The deliverer against real targets on this machine, with its store and queue in files and on Redis. */
import { describe, expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import type { Topic } from "../../../contracts/ids.ts"
import { readDeadDelivery } from "../../../contracts/reactions/dead-delivery.ts"
import { ownTargets, type TargetName } from "../../../contracts/reactions/delivery.ts"
import { parseLine } from "../../../contracts/wire/line.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, startRedis } from "../../support/redis.ts"
import { receiver } from "./receiver.ts"
import { delivery, event, lineOf, makeWorld, recorded, type World } from "./world.ts"

type Check = (
  what: string,
  body: (settings?: Record<string, string>) => Effect.Effect<void, unknown, Scope.Scope>
) => void

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(effect as Effect.Effect<A>)

/** Waits until the rule's line is so. */
const settled = (world: World, expected: object, rule = "r") =>
  Effect.promise(() =>
    eventually(`${rule} is ${JSON.stringify(expected)}`, async () => {
      const line = await run(lineOf(world, rule))
      return Object.entries(expected).every(
        ([name, value]) => (line as unknown as Record<string, unknown> | undefined)?.[name] === value
      )
    })
  )

const lastCall = (world: World) => Effect.map(world.store.calls({}, 10), (calls) => calls.map(recorded))

const suite = (check: Check): void => {
  check("a call is made as its rule says, with the standard headers, and recorded", (settings) =>
    Effect.gen(function* () {
      const target = yield* receiver(() => ({ status: 201, body: "made" }))
      const world = yield* makeWorld(settings)
      yield* world.start
      const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`
      const url = `${target.url}/x/{{ params.item }}`
      const steps = [
        { call: { url, body: { item: "{{ params.item }}" }, headers: { "x-a": "{{ meta.country }}" } } }
      ]
      const one = delivery("r", target.target, steps, { content: { traceparent } })
      yield* world.store.add([one])
      yield* settled(world, { delivered: 1 })
      expect(target.calls).toMatchObject([{ method: "POST", path: "/x/42", body: '{"item":"42"}' }])
      expect(target.calls[0]?.headers).toMatchObject({
        ...{ "webhook-id": one.id, "content-type": "application/json", "x-a": "DE", traceparent },
        "user-agent": expect.stringMatching(/^spoor\/\d+\.\d+\.\d+$/)
      })
      expect(yield* lastCall(world)).toMatchObject([
        {
          id: one.id,
          attempt: 1,
          method: "POST",
          url: `${target.url}/x/42`,
          status: 201,
          answerBody: "made",
          outcome: "delivered"
        }
      ])
    })
  )

  check(
    "each step reads what the earlier ones answered; one whose if does not hold is passed over",
    (settings) =>
      Effect.gen(function* () {
        const target = yield* receiver(({ path }) => ({ status: 200, body: path === "/a" ? '{"id":7}' : "" }))
        const world = yield* makeWorld(settings)
        yield* world.start
        const call = (path: string, as?: string) => ({
          url: `${target.url}${path}`,
          ...(as === undefined ? {} : { as })
        })
        yield* world.store.add([
          delivery("r", target.target, [
            { call: call("/a", "first") },
            { call: call("/never"), if: "{% if answers.first.status == 500 %}yes{% endif %}" },
            { call: call("/b/{{ answers.first.json.id }}") },
            { emit: { type: "done", params: { id: "{{ answers.first.json.id }}" } } }
          ])
        ])
        yield* settled(world, { delivered: 1 })
        expect(target.calls.map(({ path }) => path)).toEqual(["/a", "/b/7"])
        const ledger = yield* world.source.ledger(10)
        const lines = (ledger.lines?.waiting ?? []).map((line) =>
          parseLine(line, { topic: "events" as Topic, topics: new Set() }, 0)
        )
        expect(lines).toMatchObject([{ kind: "event", event: { path: "/t/done" } }])
        const query = new URLSearchParams(lines[0]?.kind === "event" ? lines[0].event.query : "")
        expect(Object.fromEntries(query)).toEqual({
          ...{ idempotency_key: `${event.id}.r.4`, spoor_hops: "1", id: "7" }
        })
      })
  )

  for (const [what, body] of [
    ["a number that no 64 bits hold", '{"balance":1e20,"id":7}'],
    ["more levels than can be kept", `${"[".repeat(30_000)}${"]".repeat(30_000)}`],
    ["as many bytes as are read", JSON.stringify("x".repeat(65_000))]
  ] as const)
    check(`an answer with ${what} is not asked for again`, (settings) =>
      Effect.gen(function* () {
        const target = yield* receiver(() => ({ status: 200, body }))
        const world = yield* makeWorld(settings)
        yield* world.start
        const call = (name: string) => ({ call: { url: `${target.url}/${name}`, as: name } })
        const names = [..."abcdefghij"]
        yield* world.store.add([delivery("r", target.target, names.map(call))])
        yield* settled(world, { delivered: 1 })
        expect(target.calls.map(({ path }) => path)).toEqual(names.map((name) => `/${name}`))
      })
    )

  check("5xx, 429 and a broken connection are tried again with the same webhook-id", (settings) =>
    Effect.gen(function* () {
      const statuses = [503, 429, 200]
      const target = yield* receiver((_, place) => ({
        status: statuses[place] ?? 200,
        ...(place < 2 ? { headers: { "retry-after": "0" } } : {})
      }))
      const world = yield* makeWorld(settings)
      yield* world.start
      yield* world.store.add([delivery("r", target.target, [{ call: { url: target.url } }])])
      yield* Effect.promise(() =>
        eventually("it is delivered", async () => {
          await run(world.store.resume(target.target))
          return (await run(lineOf(world)))?.delivered === 1
        })
      )
      expect(new Set(target.calls.map(({ headers }) => headers["webhook-id"])).size).toBe(1)
      expect(
        (yield* lastCall(world)).map(({ status, attempt, outcome }) => [status, attempt, outcome])
      ).toEqual([
        [200, 3, "delivered"],
        [429, 2, "retry"],
        [503, 1, "retry"]
      ])
    })
  )

  for (const [form, header] of [
    ["seconds", () => "2"],
    ["a date", () => new Date(Date.now() + 3_000).toUTCString()]
  ] as const)
    check(`Retry-After as ${form} is the least delay, and for the whole target`, (settings) =>
      Effect.gen(function* () {
        let asked = 0
        const target = yield* receiver((_, place) => {
          if (place > 0) return { status: 200 }
          const value = header()
          asked = value === "2" ? Date.now() + 2_000 : Date.parse(value)
          return { status: 503, headers: { "retry-after": value } }
        })
        const world = yield* makeWorld({ DELIVER_TARGET_CONCURRENCY: "1", ...settings })
        yield* world.start
        const steps = [{ call: { url: target.url } }]
        yield* world.store.add([delivery("r", target.target, steps), delivery("r2", target.target, steps)])
        yield* Effect.promise(() => eventually("the second is called", () => target.calls.length >= 2))
        expect(target.calls[1]?.at ?? 0).toBeGreaterThanOrEqual(asked - 5)
      })
    )

  check("410 disables the target for the rule; other 4xx and redirects to others are final", (settings) =>
    Effect.gen(function* () {
      const target = yield* receiver(({ path }) =>
        path === "/elsewhere"
          ? { status: 302, headers: { location: "http://example.com/" } }
          : { status: Number(path.slice(1)) }
      )
      const world = yield* makeWorld(settings)
      yield* world.start
      const to = (path: string) => [{ call: { url: `${target.url}/${path}` } }]
      for (const path of ["404", "elsewhere", "410"])
        yield* world.store.add([delivery(path, target.target, to(path))])
      yield* settled(world, { dead: 3 })
      const added = yield* world.store.add([delivery("later", target.target, to("200"))])
      expect(added.suppressed).toMatchObject([{ reason: "target disabled" }])
      expect(target.calls.length).toBe(3)
      const letters = yield* world.source.deadLetters.read(0, 9)
      expect(letters.map(({ letter }) => letter?.detail).toSorted()).toEqual([
        "r: 127.0.0.1:".concat(
          `${new URL(target.url).port} redirects (302) to another host, example.com: call that one if it is the right one.`
        ),
        "r: the target answers 404",
        "r: the target answers 410: it is gone"
      ])
      expect(letters[0]?.letter).toMatchObject({
        stage: "deliverer",
        reason: "not delivered",
        topic: "reactions",
        attempts: 1
      })
      const ledger = yield* world.source.ledger(0)
      expect(ledger).toMatchObject({ pushed: 3, taken: 3, deadLetters: 3 })
    })
  )

  check(
    "refused addresses, templates that fail and what is too late are given up at once, with the reason",
    (settings) =>
      Effect.gen(function* () {
        const world = yield* makeWorld({ ...settings, WEBHOOK_ALLOW: "" })
        yield* world.start
        yield* world.store.add([
          delivery("a", "http://127.0.0.1" as never, [{ call: { url: "http://127.0.0.1/" } }]),
          delivery("b", ownTargets.none, [{ call: { url: "{{ params.nothing }}" } }]),
          delivery("c", "http://127.0.0.1" as never, [{ call: { url: "http://127.0.0.1/" } }], {
            expires: Date.now() - 1
          })
        ])
        yield* settled(world, { dead: 3 })
        const letters = yield* world.source.deadLetters.read(0, 9)
        const details = letters.map(({ letter }) => letter?.detail).join("\n")
        expect(details).toMatch(/which is not public: name it in WEBHOOK_ALLOW/)
        expect(details).toMatch(/The URL renders empty/)
        expect(details).toMatch(/its time was over before it could be tried/)
      })
  )

  check("a target that hangs delays no other, and a timeout counts as a failure", (settings) =>
    Effect.gen(function* () {
      const hanging = yield* receiver(() => undefined)
      const other = yield* receiver()
      const world = yield* makeWorld({
        ...settings,
        DELIVER_TIMEOUT: "60s",
        DRAIN_TIMEOUT: "1s",
        DELIVER_TARGET_CONCURRENCY: "4",
        DELIVER_CONCURRENCY: "8"
      })
      yield* world.start
      const many = (name: string, url: string, target: typeof other.target, timeout?: string) =>
        Array.from({ length: 50 }, (_, i) =>
          delivery(
            `${name}${i}`,
            target,
            [{ call: { url, ...(timeout === undefined ? {} : { timeout }) } }],
            { rule: name }
          )
        )
      yield* world.store.add(many("hangs", hanging.url, hanging.target))
      yield* Effect.promise(() => eventually("it hangs", () => hanging.calls.length === 4))
      yield* world.store.add(many("works", other.url, other.target))
      yield* settled(world, { delivered: 50 }, "works")
      expect(hanging.calls.length).toBe(4)
      expect(yield* lineOf(world, "hangs")).toMatchObject({ inFlight: 4, waiting: 46 })
      const slow = yield* receiver(() => undefined)
      yield* world.store.add([
        delivery("slow", slow.target, [{ call: { url: slow.url, timeout: "200ms" } }], { rule: "slow" })
      ])
      yield* Effect.promise(() =>
        eventually("the timeout is recorded", async () =>
          (await run(world.store.calls({ rule: "slow" }, 9)))
            .map(recorded)
            .some(
              ({ error, outcome }) =>
                /did not answer completely within 200 ms/.test(String(error)) && outcome === "retry"
            )
        )
      )
    })
  )

  check("a rate limit of the rule holds", (settings) =>
    Effect.gen(function* () {
      const target = yield* receiver()
      const world = yield* makeWorld(settings)
      yield* world.start
      const limits = { concurrency: undefined, perSecond: 5 }
      yield* world.store.add(
        Array.from({ length: 12 }, (_, i) =>
          delivery(`r${i}`, target.target, [{ call: { url: target.url } }], { limits })
        )
      )
      yield* settled(world, { delivered: 12 })
      const times = target.calls.map(({ at }) => at)
      // 5 a second with a burst of at most a second's worth: 12 calls need more than a second.
      expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1_000)
    })
  )

  check("each answer becomes the event of a report, whatever its status", (settings) =>
    Effect.gen(function* () {
      const target = yield* receiver(() => ({ status: 404, body: "{{ secrets.KEY }} no" }))
      const world = yield* makeWorld(settings)
      yield* world.start
      const report = {
        type: "pob",
        params: { code: "{{ answer.status }}", text: "{{ answer.body }}", n: "{{ answer.attempt }}" }
      }
      yield* world.store.add([delivery("r", target.target, [{ call: { url: target.url, report } }])])
      yield* settled(world, { dead: 1 })
      yield* settled(world, { delivered: 1, matched: 1 }, "r/report")
      const [line = ""] = (yield* world.source.ledger(9)).lines?.waiting ?? []
      expect(line).toContain("/t/pob ")
      // A template in an answer is a text, and is not rendered.
      const query = new URLSearchParams(line.split(" ")[5])
      expect(Object.fromEntries(query)).toMatchObject({ code: "404", text: "{{ secrets.KEY }} no", n: "1" })
    })
  )

  // By it people's commands know a letter that the store does not know yet from one that it has forgotten.
  check("a letter that the queue takes hours later says when it was taken", (settings) =>
    Effect.gen(function* () {
      const world = yield* makeWorld(settings)
      const long = Date.now() - 7_200_000
      const failure = {
        reason: "no",
        target: "https://a.example" as TargetName,
        attempts: 3,
        first: long - 1,
        last: long
      }
      yield* world.store.add([
        delivery("r", ownTargets.deadLetters, [{ call: { url: "https://a.example" } }], {
          content: { failure }
        })
      ])
      yield* world.start
      yield* settled(world, { dead: 1 })
      const [found] = yield* world.source.deadLetters.read(0, 9)
      expect(found?.letter).toMatchObject({ first: long - 1, attempts: 3 })
      expect(found?.letter?.last).toBeGreaterThan(Date.now() - 60_000)
    })
  )

  check("the answer to a replayed delivery becomes an event too", (settings) =>
    Effect.gen(function* () {
      const target = yield* receiver(() => ({ status: 404 }))
      const world = yield* makeWorld(settings)
      yield* world.start
      const report = { type: "pob", params: { code: "{{ answer.status }}" } }
      const one = delivery("r", target.target, [{ call: { url: target.url, report } }])
      yield* world.store.add([one])
      yield* settled(world, { dead: 1 })
      expect(yield* world.store.replay(one)).toBe("done")
      yield* settled(world, { dead: 1, replayed: 1 })
      yield* settled(world, { delivered: 2 }, "r/report")
      expect(target.calls.length).toBe(2)
      const lines = (yield* world.source.ledger(9)).lines?.waiting ?? []
      const ids = lines.map((line) => new URLSearchParams(line.split(" ")[5]).get("idempotency_key"))
      expect([lines.length, new Set(ids).size]).toEqual([2, 2])
    })
  )

  check(
    "secrets are sent, and hidden in records and dead letters, also when the target repeats them",
    (settings) =>
      Effect.gen(function* () {
        process.env.RULES_SECRET_KEY = "s3cret-of-the-test"
        yield* Effect.addFinalizer(() => Effect.sync(() => delete process.env.RULES_SECRET_KEY))
        const target = yield* receiver(({ headers, body }, place) =>
          place === 0
            ? {
                status: 200,
                body: `${headers["x-key"]} ${body}`,
                headers: { "x-echo": "s3cret-of-the-test" }
              }
            : { status: 400 }
        )
        const world = yield* makeWorld(settings)
        yield* world.start
        const call = {
          ...{
            method: "POST" as const,
            url: `${target.url}/?key={{ secrets.KEY }}`,
            headers: { "x-key": "{{ secrets.KEY }}" }
          },
          ...{ body: "b {{ secrets.KEY }}", bearer: "{{ secrets.KEY }}", as: "echo" }
        }
        yield* world.store.add([delivery("r", target.target, [{ call }, { call: { url: target.url } }])])
        yield* settled(world, { dead: 1 })
        expect(target.calls[0]).toMatchObject({
          ...{ path: "/?key=s3cret-of-the-test", body: "b s3cret-of-the-test" },
          headers: { "x-key": "s3cret-of-the-test", authorization: "Bearer s3cret-of-the-test" }
        })
        const records = JSON.stringify(yield* world.store.calls({}, 9))
        const [letter] = yield* world.source.deadLetters.read(0, 9)
        const text = new TextDecoder().decode(letter?.letter?.line)
        expect(readDeadDelivery(text)).toMatchObject({ rule: "r", target: target.target, content: { at: 1 } })
        for (const shown of [records, text]) {
          expect(shown).toContain("•••")
          expect(shown).not.toContain("s3cret")
        }
      })
  )

  check(
    "a secret in an answer or a redirect is hidden in events and reasons, whatever filter it passes",
    (settings) =>
      Effect.gen(function* () {
        process.env.RULES_SECRET_KEY = "s3cret-of-the-test"
        yield* Effect.addFinalizer(() => Effect.sync(() => delete process.env.RULES_SECRET_KEY))
        const target = yield* receiver(({ path, headers }) =>
          path === "/echo"
            ? { status: 200, body: `${headers.authorization}` }
            : { status: 302, headers: { location: "http://s3cret-of-the-test.example/" } }
        )
        const world = yield* makeWorld(settings)
        yield* world.start
        const call = { url: `${target.url}/echo`, bearer: "{{ secrets.KEY }}", as: "echo" }
        const params = {
          plain: "{{ answers.echo.body }}",
          base64: "{{ answers.echo.body | base64 }}",
          upper: "{{ answers.echo.body | upcase }}"
        }
        yield* world.store.add([
          delivery("r", target.target, [
            { call },
            { emit: { type: "seen", params } },
            { call: { url: target.url } }
          ])
        ])
        yield* settled(world, { dead: 1 })
        const [line = ""] = (yield* world.source.ledger(9)).lines?.waiting ?? []
        const query = new URLSearchParams(line.split(" ")[5])
        expect(Object.fromEntries(query)).toMatchObject({ plain: "Bearer •••", upper: "BEARER •••" })
        expect(Buffer.from(query.get("base64") ?? "", "base64").toString()).toBe("Bearer •••")
        const [letter] = yield* world.source.deadLetters.read(0, 9)
        expect(letter?.letter?.detail).toMatch(/redirects \(302\) to another host/)
        expect(JSON.stringify([letter?.letter?.detail, yield* world.store.calls({}, 9)])).not.toContain(
          "s3cret"
        )
      })
  )

  check(
    "a delivery that goes on to the queue waits while the queue is away, without an attempt",
    (settings) =>
      Effect.gen(function* () {
        const world = yield* makeWorld({ ...settings, QUEUE_MAX_LENGTH: "1" })
        yield* world.queue.push(["0.0.0.0 1 h p /t/x e " as never])
        yield* world.start
        yield* world.store.add([delivery("r", ownTargets.queue, [{ emit: { type: "e" } }])])
        yield* Effect.promise(() =>
          eventually("it was refused twice", async () =>
            /spoor_actor_events_total\{[^}]*outcome="refused"[^}]*reason="busy"\} ([2-9]|\d\d)/.test(
              await run(world.metrics)
            )
          )
        )
        const batch = yield* world.source.claim("0".repeat(31).concat("1") as never, {
          maxEvents: 9,
          maxBytes: 9_999,
          lease: 60_000
        })
        if (batch === undefined) throw new Error("Nothing waits.")
        yield* batch.ack([])
        yield* settled(world, { delivered: 1 })
        const [again] = yield* world.store.claim("nobody", { max: 1, leaseMs: 1, concurrency: 1 })
        expect(again).toBeUndefined()
      })
  )

  check(
    "a notification becomes a call to the device, and is suppressed for a device that nobody registered",
    (settings) =>
      Effect.gen(function* () {
        const target = yield* receiver()
        const world = yield* makeWorld(settings)
        yield* world.start
        yield* world.mappings.put("device-42", { callbackUrl: `${target.url}/secret-path`, locale: "de" })
        const notify = (device: string) => [
          { notify: { device, title: "T {{ params.item }}", message: "M", url: "https://shop.example/" } }
        ]
        yield* world.store.add([
          delivery("a", ownTargets.devices, notify("device-{{ params.item }}")),
          delivery("b", ownTargets.devices, notify("nobody"))
        ])
        yield* settled(world, { delivered: 2 })
        yield* settled(world, { matched: 1, delivered: 1 }, "r/callback")
        yield* settled(world, { matched: 1 }, "r/device")
        expect((yield* lineOf(world, "r/device"))?.suppressed).toEqual({ "no device": 1 })
        expect(target.calls).toMatchObject([{ method: "POST", path: "/secret-path" }])
        expect(JSON.parse(target.calls[0]?.body ?? "")).toMatchObject({
          msg: "M",
          title: "T 42",
          locale: "de"
        })
        expect(target.calls[0]?.headers["webhook-id"]).toBe(`${event.id}.a.callback`)
        const [record] = yield* lastCall(world)
        expect(record).toMatchObject({ url: `${target.url}/…`, outcome: "delivered" })
      })
  )

  check("a stop lets calls finish, and leaves nothing in flight", (settings) =>
    Effect.gen(function* () {
      let answer = (): void => undefined
      const waits = new Promise<void>((resolve) => {
        answer = resolve
      })
      const target = yield* receiver(async () => {
        await waits
        return { status: 200 }
      })
      const world = yield* makeWorld({ DELIVER_TARGET_CONCURRENCY: "2", ...settings })
      const running = yield* world.start
      yield* world.store.add(
        Array.from({ length: 3 }, (_, i) => delivery(`r${i}`, target.target, [{ call: { url: target.url } }]))
      )
      yield* Effect.promise(() => eventually("two are called", () => target.calls.length === 2))
      const stopped = Effect.runPromise(running.drain)
      answer()
      yield* Effect.promise(() => stopped)
      expect(yield* lineOf(world)).toMatchObject({ delivered: 2, waiting: 1, inFlight: 0 })
      expect(target.calls.length).toBe(2)
    })
  )
}

const checkWith =
  (settings: Record<string, string>): Check =>
  (what, body) =>
    test(what, () => run(Effect.scoped(body(settings))))

describe("in files", () => suite(checkWith({})))

if (hasRedisProgram())
  describe("on Redis", () => {
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
    )
  })
