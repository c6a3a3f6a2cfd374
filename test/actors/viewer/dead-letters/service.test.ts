/** The API of the dead letters, and the effects of its commands, on real queues. */
import { expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import type { ByteString } from "../../../../contracts/event.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { bury, claimAll, deadLetter, type OpenOwn, type OwnQueue, onOwnQueues } from "../../inspect/queues.ts"
import { ask, openLog, type Services, sendCommand, servicesOn } from "../requests.ts"

/** A test on one queue with a viewer. */
const checkOn = (
  open: OpenOwn,
  what: string,
  body: (queue: OwnQueue, services: Services) => Effect.Effect<void, unknown, Scope.Scope>
): void =>
  test(what, () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const queue = yield* open
          yield* body(queue, yield* servicesOn([queue.source], yield* openLog))
        })
      )
    )
  )

const get = (services: Services, path: string) =>
  Effect.promise(async () => {
    const answer = await ask(`/api/dead-letters${path}`, services)
    return { status: answer.status, body: await answer.json() }
  })

const command = (services: Services, path: string, body: unknown) =>
  Effect.promise(async () => {
    const answer = await sendCommand(path, services, body)
    return { status: answer.status, body: await answer.json() }
  })

const nothing = { done: 0, gone: 0, tooOften: 0, tooOftenLetters: [], troubles: [] }

const good = "203.0.113.9 1795206905922 trk nopod /t/app_open a=1 curl/8"

await onOwnQueues((open) => {
  const check = (what: string, body: Parameters<typeof checkOn>[2]): void => checkOn(open, what, body)

  check("the list is newest first, in pages, and has the beginning of each line", (queue, services) =>
    Effect.gen(function* () {
      yield* bury(
        queue,
        Array.from({ length: 60 }, (_, n) => `line ${n}`),
        { last: 1_000 }
      )
      yield* bury(queue, [`long ${"é".repeat(1_000)}`], {
        last: 2_000,
        attempts: 3,
        topic: "clicks" as never
      })
      const first = yield* get(services, "")
      expect(first.body.letters).toHaveLength(50)
      expect(first.body).toMatchObject({
        total: 61,
        troubles: [],
        choices: { topics: ["events", "clicks", "reactions"] }
      })
      expect(first.body.letters[0]).toMatchObject({
        reason: "no path",
        stage: "drainer",
        topic: "clicks",
        attempts: 3,
        last: 2_000,
        size: 1_005,
        isWhole: false
      })
      const second = yield* get(services, `?cursor=${first.body.cursor}`)
      expect(second.body.letters).toHaveLength(11)
      expect(second.body.cursor).toBeUndefined()
    })
  )

  check("the query selects dead letters; an invalid one is refused", (queue, services) =>
    Effect.gen(function* () {
      yield* bury(queue, ["Apple", "pear"], { reason: "empty" })
      yield* bury(queue, ["apple tree"], { stage: "bridge" })
      yield* queue.foreign("an apple of others")
      const lines = (search: string) =>
        Effect.map(get(services, search), ({ body }) =>
          body.letters.map(({ line }: { line: string }) => line)
        )
      expect(yield* lines("?text=APPLE")).toEqual(["an apple of others", "apple tree", "Apple"])
      expect(yield* lines("?text=apple&reason=empty")).toEqual(["Apple"])
      expect(yield* lines("?stage=bridge&topic=&text=")).toEqual(["apple tree"])
      for (const wrong of [
        "?reason=other",
        "?stage=viewer",
        "?topic=a%20b",
        "?cursor=x",
        `?text=${"x".repeat(1_001)}`
      ]) {
        expect((yield* get(services, wrong)).status).toBe(400)
      }
    })
  )

  check("a line of any bytes is shown escaped and is replayed unchanged", (queue, services) =>
    Effect.gen(function* () {
      const line = "<script>\x00\x1b[31m\n\xe2\x80\xae\xff\\ é" as ByteString
      const [letter] = yield* bury(queue, [line], { detail: "said \u202e <b>" })
      const { body } = yield* get(services, `/letter?address=${letter?.id}`)
      expect(body).toMatchObject({
        line: "<script>\\x00\\x1b[31m\\x0a\\xe2\\x80\\xae\\xff\\\\ \\xe9",
        detail: "said \\xe2\\x80\\xae <b>",
        size: line.length,
        isWhole: true,
        isEditable: true
      })
      expect(atob(body.base64)).toBe(line)
      expect(body.envelope).toContain(`"id":"${letter?.id}"`)
      yield* command(services, "replay", { letters: [letter?.id], line: body.line })
      expect((yield* claimAll(queue.source)).lines).toEqual([line])
    })
  )

  check("a huge line is shown in part and not editable, but replayed whole", (queue, services) =>
    Effect.gen(function* () {
      const line = "\x01".repeat(400_000)
      const [letter] = yield* bury(queue, [line])
      const { body } = yield* get(services, `/letter?address=${letter?.id}`)
      expect(body).toMatchObject({ size: 400_000, isWhole: false, isEditable: false })
      // Shown whole, but larger as escapes than the limit of a body.
      const [other] = yield* bury(queue, ["\x01".repeat(200_000)])
      const whole = yield* get(services, `/letter?address=${other?.id}`)
      expect(whole.body).toMatchObject({ isWhole: true, isEditable: false })
      expect(atob(body.base64)).toHaveLength(262_144)
      expect((yield* command(services, "replay", { letters: [letter?.id] })).body.done).toBe(1)
      expect((yield* claimAll(queue.source)).lines).toEqual([line as ByteString])
    })
  )

  check("a dead letter not written by Spoor is listed, opened, replayed and discarded", (queue, services) =>
    Effect.gen(function* () {
      yield* queue.foreign('{"v":1} <b>')
      yield* queue.foreign("other")
      const { body } = yield* get(services, "")
      const [other, json] = body.letters
      expect(json).toMatchObject({ line: '{"v":1} <b>', isWhole: true })
      expect(json.reason).toBeUndefined()
      const opened = yield* get(services, `/letter?address=${json.address}`)
      expect(opened.body).toMatchObject({ line: '{"v":1} <b>', envelope: '{"v":1} <b>' })
      expect((yield* command(services, "replay", { letters: [json.address] })).body.done).toBe(1)
      expect((yield* command(services, "discard", { letters: [other.address] })).body.done).toBe(1)
      expect((yield* get(services, "")).body).toMatchObject({ letters: [], total: 0 })
      expect((yield* claimAll(queue.source)).lines).toEqual(['{"v":1} <b>' as ByteString])
    })
  )

  check("a dead letter that no longer exists is reported as gone", (_, services) =>
    Effect.gen(function* () {
      expect((yield* get(services, "/letter?address=other")).status).toBe(404)
      expect((yield* command(services, "try", { letter: "other" })).status).toBe(404)
      for (const path of ["replay", "discard"]) {
        const { body } = yield* command(services, path, { letters: ["other", "another"] })
        expect(body).toEqual({ ...nothing, gone: 2 })
      }
    })
  )

  check("a dry run returns the record or the rejection, and changes nothing", (queue, services) =>
    Effect.gen(function* () {
      const [letter] = yield* bury(queue, ["no fields"])
      const tried = (body: unknown) => command(services, "try", body)
      expect((yield* tried({ letter: letter?.id })).body).toEqual({
        kind: "dead",
        reason: "too few fields",
        stage: "drainer",
        detail: ""
      })
      const { body } = yield* tried({ line: good })
      expect(body).toMatchObject({ kind: "stored", topic: "events", isTopicUnknown: false, key: "" })
      expect(body.record).toMatch(/^app_open type=Bot&.*&host=trk&pod=nopod&.* a=1$/)
      const unknown = yield* tried({ line: "203.0.113.9 1795206905 other /t/app_open a=1 curl/8" })
      expect(unknown.body).toMatchObject({ topic: "events", isTopicUnknown: true })
      const wrong = yield* tried({ line: "a \\q" })
      expect(wrong).toMatchObject({ status: 400, body: { error: "bad-request" } })
      expect(wrong.body.message).toContain("backslash")
      expect((yield* get(services, "")).body.total).toBe(1)
      expect(yield* queue.source.depth).toMatchObject({ waiting: 0, deadLetters: 1 })
    })
  )

  check("an edited line replaces the line of a single dead letter", (queue, services) =>
    Effect.gen(function* () {
      const letters = yield* bury(queue, ["broken", "other"])
      const both = { letters: letters.map(({ id }) => id), line: good }
      expect((yield* command(services, "replay", both)).body).toMatchObject({ done: 0, gone: 0 })
      const wrong = yield* command(services, "replay", { letters: [letters[0]?.id], line: "a\nb" })
      expect(wrong.body.troubles[0]).toContain("control character")
      const { body } = yield* command(services, "replay", { letters: [letters[0]?.id], line: good })
      expect(body).toEqual({ ...nothing, done: 1 })
      expect((yield* claimAll(queue.source)).lines).toEqual([good as ByteString])
      expect((yield* get(services, "")).body.total).toBe(1)
    })
  )

  check("a dead letter that came back too often is replayed with force only", (queue, services) =>
    Effect.gen(function* () {
      let [letter] = yield* bury(queue, ["stubborn"])
      for (let round = 0; round < 3; round++) {
        expect((yield* command(services, "replay", { letters: [letter?.id] })).body.done).toBe(1)
        ;[letter] = yield* deadLetter(yield* claimAll(queue.source))
      }
      const refused = { ...nothing, tooOften: 1, tooOftenLetters: [letter?.id] }
      expect((yield* command(services, "replay", { letters: [letter?.id] })).body).toEqual(refused)
      expect((yield* command(services, "replay", { filter: {} })).body).toEqual(refused)
      const again = yield* command(services, "replay", { letters: [letter?.id], force: true })
      expect(again.body).toEqual({ ...nothing, done: 1 })
    })
  )

  check("selected dead letters, and all that match a filter, are replayed or discarded", (queue, services) =>
    Effect.gen(function* () {
      const letters = yield* bury(
        queue,
        Array.from({ length: 700 }, (_, n) => `line ${n}`)
      )
      yield* bury(
        queue,
        Array.from({ length: 700 }, (_, n) => `other ${n}`),
        { reason: "empty" }
      )
      const chosen = [letters[0]?.id, letters[350]?.id, letters[699]?.id]
      expect((yield* command(services, "replay", { letters: chosen })).body).toEqual({ ...nothing, done: 3 })
      expect((yield* claimAll(queue.source)).lines).toHaveLength(3)
      const some = yield* command(services, "discard", { filter: { text: "line 1", reason: "no path" } })
      expect(some.body).toEqual({ ...nothing, done: 111 })
      const rest = yield* command(services, "replay", { filter: { reason: "empty" } })
      expect(rest.body).toEqual({ ...nothing, done: 700 })
      expect((yield* get(services, "")).body.total).toBe(700 - 3 - 111)
    })
  )

  check("an invalid command changes nothing", (queue, services) =>
    Effect.gen(function* () {
      yield* bury(queue, ["line"])
      for (const wrong of [
        {},
        [],
        null,
        { filter: { txt: "line" } },
        { filter: { reason: "other" } },
        { filter: {}, letters: ["x"] },
        { letters: [] },
        { letters: [""] },
        { letters: Array.from({ length: 101 }, String) }
      ]) {
        for (const path of ["replay", "discard"]) {
          expect(yield* command(services, path, wrong)).toMatchObject({
            status: 400,
            body: { error: "bad-request" }
          })
        }
      }
      expect((yield* get(services, "")).body.total).toBe(1)
    })
  )

  test("while a queue is unavailable, a missing dead letter is not reported as gone", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const queue = yield* open
          const failure = Effect.fail(new Failure({ reason: "unavailable", message: "It is away." }))
          const away = { ...queue.source, depth: failure }
          const services = yield* servicesOn([queue.source, away], yield* openLog)
          const [letter] = yield* bury(queue, ["here"])
          const { body } = yield* command(services, "discard", { letters: [letter?.id, "there"] })
          expect(body).toMatchObject({ done: 1, gone: 0, troubles: [expect.stringContaining("It is away.")] })
        })
      )
    ))
})
