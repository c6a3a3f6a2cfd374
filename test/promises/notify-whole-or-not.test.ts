/**
 * The promise of the notifier: a request answered with 200 has left all of its deliveries, and one that a kill interrupted has
 * left all or none. It is killed (SIGKILL) while many matches come, and every pair is looked for afterwards.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { startNotifier } from "../actors/notifier/notifier-process.ts"
import { eventually } from "../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, startRedis } from "../support/redis.ts"

let redis: OwnRedis | undefined
afterAll(() => redis?.stop())

const side = (id: string) => ({ device_id: `phone-${id}`, title: id, id, lat: 1, lng: 2, radi: 3 })

const checkKilled = async (more: Readonly<Record<string, string>>): Promise<void> => {
  const notifier = await startNotifier(more)
  const answered = new Set<string>()
  let isKilled = false
  const senders = Array.from({ length: 16 }, async (_, sender) => {
    for (let i = 0; !isKilled; i += 1) {
      const id = `o${sender}-${i}`
      const body = { category: "match_found", offer: side(id), search: side("s") }
      const status = await notifier.ask("POST", "/notify", body).then(
        (answer) => answer.status,
        () => 0
      )
      if (status === 200) answered.add(id)
      else if (status === 0) return
    }
  })
  await eventually("200 answers", () => answered.size >= 200)
  notifier.kill()
  isKilled = true
  await Promise.all(senders)
  const parts = new Map<string, number>()
  for (let taken = await notifier.taken(); taken.length > 0; taken = await notifier.taken()) {
    for (const { content } of taken) {
      const offer = content.event.params.offer_id ?? ""
      parts.set(offer, (parts.get(offer) ?? 0) + 1)
    }
  }
  expect([...answered].filter((id) => parts.get(id) !== 3)).toEqual([])
  expect([...parts].filter(([, count]) => count !== 3)).toEqual([])
}

describe("a notifier that is killed leaves whole matches only", () => {
  test("in a file", () => checkKilled({}), 120_000)

  test.skipIf(!hasRedisProgram())(
    "on Redis",
    async () => {
      redis = await startRedis()
      await checkKilled({ PROJECTIONS_URL: redis?.url ?? "" })
    },
    120_000
  )
})
