/** What the pages of the dead letters are told, and what their orders do, on real queues. */
import { expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import type { DeadLetterService } from "../../../../actors/viewer/dead-letters/service.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { bury, claimAll, deadLetter, type OpenOwn, type OwnQueue, onOwnQueues } from "../../inspect/queues.ts"
import { accountsOn, ask, openLog, order } from "../requests.ts"

/** A test on one queue with its viewer. */
const checkOn = (
  open: OpenOwn,
  what: string,
  body: (queue: OwnQueue, accounts: DeadLetterService) => Effect.Effect<void, unknown, Scope.Scope>
): void =>
  test(what, () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const queue = yield* open
          yield* body(queue, yield* accountsOn([queue.source], yield* openLog))
        })
      )
    )
  )

const got = (accounts: DeadLetterService, path: string) =>
  Effect.promise(async () => {
    const answer = await ask(`/api/dead-letters${path}`, { accounts })
    return { status: answer.status, body: await answer.json() }
  })

const ordered = (accounts: DeadLetterService, path: string, body: unknown) =>
  Effect.promise(async () => {
    const answer = await order(path, accounts, body)
    return { status: answer.status, body: await answer.json() }
  })

const nothing = { done: 0, gone: 0, tooOften: 0, tooOftenLetters: [], troubles: [] }

const good = "203.0.113.9 1795206905922 trk nopod /t/app_open a=1 curl/8"

await onOwnQueues((open) => {
  const check = (what: string, body: Parameters<typeof checkOn>[2]): void => checkOn(open, what, body)

  check("the list is newest first, in pages, and shows only the beginning of a line", (queue, accounts) =>
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
      const first = yield* got(accounts, "")
      expect(first.body.letters).toHaveLength(50)
      expect(first.body).toMatchObject({ total: 61, troubles: [], choices: { topics: ["events", "clicks"] } })
      expect(first.body.letters[0]).toMatchObject({
        reason: "no path",
        stage: "drainer",
        topic: "clicks",
        attempts: 3,
        last: 2_000,
        size: 1_005,
        isWhole: false
      })
      const second = yield* got(accounts, `?cursor=${first.body.cursor}`)
      expect(second.body.letters).toHaveLength(11)
      expect(second.body.cursor).toBeUndefined()
    })
  )

  check("a search is what its address says; one that cannot be is refused", (queue, accounts) =>
    Effect.gen(function* () {
      yield* bury(queue, ["Apple", "pear"], { reason: "empty" })
      yield* bury(queue, ["apple tree"], { stage: "bridge" })
      yield* queue.foreign("an apple of others")
      const lines = (search: string) =>
        Effect.map(got(accounts, search), ({ body }) =>
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
        expect((yield* got(accounts, wrong)).status).toBe(400)
      }
    })
  )

  check(
    "whatever bytes a line has, it is shown in visible characters and comes back the same",
    (queue, accounts) =>
      Effect.gen(function* () {
        const line = "<script>\x00\x1b[31m\n\xe2\x80\xae\xff\\ é" as ByteString
        const [letter] = yield* bury(queue, [line], { detail: "said \u202e <b>" })
        const { body } = yield* got(accounts, `/letter?address=${letter?.id}`)
        expect(body).toMatchObject({
          line: "<script>\\x00\\x1b[31m\\x0a\\xe2\\x80\\xae\\xff\\\\ \\xe9",
          detail: "said \\xe2\\x80\\xae <b>",
          size: line.length,
          isWhole: true,
          isEditable: true
        })
        expect(atob(body.base64)).toBe(line)
        expect(body.envelope).toContain(`"id":"${letter?.id}"`)
        yield* ordered(accounts, "replay", { letters: [letter?.id], line: body.line })
        expect((yield* claimAll(queue.source)).lines).toEqual([line])
      })
  )

  check("a huge line is shown in part and cannot be edited, but is replayed whole", (queue, accounts) =>
    Effect.gen(function* () {
      const line = "\x01".repeat(400_000)
      const [letter] = yield* bury(queue, [line])
      const { body } = yield* got(accounts, `/letter?address=${letter?.id}`)
      expect(body).toMatchObject({ size: 400_000, isWhole: false, isEditable: false })
      // Whole, but written as escapes larger than what can be posted.
      const [other] = yield* bury(queue, ["\x01".repeat(200_000)])
      const whole = yield* got(accounts, `/letter?address=${other?.id}`)
      expect(whole.body).toMatchObject({ isWhole: true, isEditable: false })
      expect(atob(body.base64)).toHaveLength(262_144)
      expect((yield* ordered(accounts, "replay", { letters: [letter?.id] })).body.done).toBe(1)
      expect((yield* claimAll(queue.source)).lines).toEqual([line as ByteString])
    })
  )

  check("a letter of another's making is listed, opened, replayed and discarded", (queue, accounts) =>
    Effect.gen(function* () {
      yield* queue.foreign('{"v":1} <b>')
      yield* queue.foreign("other")
      const { body } = yield* got(accounts, "")
      const [other, json] = body.letters
      expect(json).toMatchObject({ line: '{"v":1} <b>', isWhole: true })
      expect(json.reason).toBeUndefined()
      const opened = yield* got(accounts, `/letter?address=${json.address}`)
      expect(opened.body).toMatchObject({ line: '{"v":1} <b>', envelope: '{"v":1} <b>' })
      expect((yield* ordered(accounts, "replay", { letters: [json.address] })).body.done).toBe(1)
      expect((yield* ordered(accounts, "discard", { letters: [other.address] })).body.done).toBe(1)
      expect((yield* got(accounts, "")).body).toMatchObject({ letters: [], total: 0 })
      expect((yield* claimAll(queue.source)).lines).toEqual(['{"v":1} <b>' as ByteString])
    })
  )

  check("what is not there any more is told to be gone", (_, accounts) =>
    Effect.gen(function* () {
      expect((yield* got(accounts, "/letter?address=other")).status).toBe(404)
      expect((yield* ordered(accounts, "try", { letter: "other" })).status).toBe(404)
      for (const path of ["replay", "discard"]) {
        const { body } = yield* ordered(accounts, path, { letters: ["other", "another"] })
        expect(body).toEqual({ ...nothing, gone: 2 })
      }
    })
  )

  check("a dry run tells the record or the reason, and changes nothing", (queue, accounts) =>
    Effect.gen(function* () {
      const [letter] = yield* bury(queue, ["no fields"])
      const tried = (body: unknown) => ordered(accounts, "try", body)
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
      expect((yield* got(accounts, "")).body.total).toBe(1)
      expect(yield* queue.source.depth).toMatchObject({ waiting: 0, deadLetters: 1 })
    })
  )

  check("an edited line is pushed instead of the letter's, of one letter alone", (queue, accounts) =>
    Effect.gen(function* () {
      const letters = yield* bury(queue, ["broken", "other"])
      const both = { letters: letters.map(({ id }) => id), line: good }
      expect((yield* ordered(accounts, "replay", both)).body).toMatchObject({ done: 0, gone: 0 })
      const wrong = yield* ordered(accounts, "replay", { letters: [letters[0]?.id], line: "a\nb" })
      expect(wrong.body.troubles[0]).toContain("control character")
      const { body } = yield* ordered(accounts, "replay", { letters: [letters[0]?.id], line: good })
      expect(body).toEqual({ ...nothing, done: 1 })
      expect((yield* claimAll(queue.source)).lines).toEqual([good as ByteString])
      expect((yield* got(accounts, "")).body.total).toBe(1)
    })
  )

  check("what comes back too often stays, until it is replayed anyway", (queue, accounts) =>
    Effect.gen(function* () {
      let [letter] = yield* bury(queue, ["stubborn"])
      for (let round = 0; round < 3; round++) {
        expect((yield* ordered(accounts, "replay", { letters: [letter?.id] })).body.done).toBe(1)
        ;[letter] = yield* deadLetter(yield* claimAll(queue.source))
      }
      const refused = { ...nothing, tooOften: 1, tooOftenLetters: [letter?.id] }
      expect((yield* ordered(accounts, "replay", { letters: [letter?.id] })).body).toEqual(refused)
      expect((yield* ordered(accounts, "replay", { filter: {} })).body).toEqual(refused)
      const again = yield* ordered(accounts, "replay", { letters: [letter?.id], force: true })
      expect(again.body).toEqual({ ...nothing, done: 1 })
    })
  )

  check("several at once, and all that match, wherever they are in the list", (queue, accounts) =>
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
      expect((yield* ordered(accounts, "replay", { letters: chosen })).body).toEqual({ ...nothing, done: 3 })
      expect((yield* claimAll(queue.source)).lines).toHaveLength(3)
      const some = yield* ordered(accounts, "discard", { filter: { text: "line 1", reason: "no path" } })
      expect(some.body).toEqual({ ...nothing, done: 111 })
      const rest = yield* ordered(accounts, "replay", { filter: { reason: "empty" } })
      expect(rest.body).toEqual({ ...nothing, done: 700 })
      expect((yield* got(accounts, "")).body.total).toBe(700 - 3 - 111)
    })
  )

  check("an order that is not exactly one does nothing, above all not to everything", (queue, accounts) =>
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
          expect(yield* ordered(accounts, path, wrong)).toMatchObject({
            status: 400,
            body: { error: "bad-request" }
          })
        }
      }
      expect((yield* got(accounts, "")).body.total).toBe(1)
    })
  )

  test("while a queue is away, what is not found is not told to be gone", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const queue = yield* open
          const failure = Effect.fail(new Failure({ reason: "unavailable", message: "It is away." }))
          const away = { ...queue.source, depth: failure }
          const accounts = yield* accountsOn([queue.source, away], yield* openLog)
          const [letter] = yield* bury(queue, ["here"])
          const { body } = yield* ordered(accounts, "discard", { letters: [letter?.id, "there"] })
          expect(body).toMatchObject({ done: 1, gone: 0, troubles: [expect.stringContaining("It is away.")] })
        })
      )
    ))
})
