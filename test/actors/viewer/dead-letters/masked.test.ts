/** Responses about dead letters and event locations with a mask: masked values are in none of them, and cannot be found by search. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { eventId } from "../../../../contracts/ids.ts"
import { bury, claimAll, onOwnQueues } from "../../inspect/queues.ts"
import { ask, openLog, sendCommand, servicesOn } from "../requests.ts"

const secrets = [
  "203.0.113.9",
  "a%40b.de",
  "a@b.de",
  "cb007109",
  btoa("203.0.113.9"),
  btoa("a%40b.de").slice(0, 8)
]
const line = "203.0.113.9 1795206905922 trk nopod /t/app_open email=a%40b.de&n=1 curl/8"

await onOwnQueues((open) => {
  test("masked values are neither shown nor searchable in dead letters", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const queue = yield* open
          const services = yield* servicesOn([queue.source], yield* openLog, { VIEWER_MASK: "address,email" })
          const [one, other] = yield* bury(queue, [line, "203.0.113.9 no line email=a@b.de"], {
            detail: "said of 203.0.113.9"
          })
          const checked = async (answer: Promise<Response>) => {
            const text = await (await answer).text()
            for (const secret of secrets) expect(text).not.toContain(secret)
            return JSON.parse(text)
          }
          const letters = (query: string) => checked(ask(`/api/dead-letters${query}`, services))

          yield* Effect.promise(async () => {
            expect((await letters("")).letters).toMatchObject([
              { line: "•••", detail: "•••" },
              { line: line.replace("203.0.113.9", "•••").replace("a%40b.de", "•••"), detail: "•••" }
            ])
            expect(await letters("?text=a@b.de")).toMatchObject({
              letters: [],
              troubles: [expect.stringContaining("VIEWER_MASK")]
            })
            for (const id of [one?.id, other?.id]) {
              const letter = await letters(`/letter?address=${encodeURIComponent(id ?? "")}`)
              expect(letter).toMatchObject({ isEditable: false, envelope: "•••" })
            }
            expect(await checked(sendCommand("try", services, { letter: one?.id }))).toMatchObject({
              kind: "stored",
              record: expect.stringContaining("email=•••&n=1")
            })
            for (const path of ["replay", "discard"]) {
              expect(
                await checked(sendCommand(path, services, { filter: { text: "a@b.de" } }))
              ).toMatchObject({
                done: 0,
                troubles: [expect.stringContaining("VIEWER_MASK")]
              })
            }
            expect(await checked(sendCommand("replay", services, { letters: [one?.id] }))).toMatchObject({
              done: 1
            })
          })
          const batch = yield* claimAll(queue.source)
          expect(batch.lines.map(String)).toEqual([line])
          const id = eventId(batch.id, 0)
          const where = yield* Effect.promise(() => checked(ask(`/api/where-is?id=${id}`, services)))
          expect(where.underWay[0].line).toContain("email=•••&n=1")
        })
      )
    ))
})
