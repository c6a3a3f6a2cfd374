/** The command `ledger` with reactions: a line per rule, a line that does not add up, and a store that cannot be reached. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { sqliteReactionStore } from "../../../bridge/reaction-store/sqlite/store.ts"
import { ownSettings } from "../../support/spoor.ts"
import { fillStore } from "../viewer/reactions/filled-store.ts"
import { command } from "./command.ts"

const filledSettings = async () => {
  const settings = ownSettings()
  await Effect.runPromise(
    Effect.scoped(Effect.flatMap(sqliteReactionStore(settings.DATA_DIR ?? "", 86_400_000), fillStore))
  )
  return settings
}

test("there is a line for each rule, the sum of all, and the reasons of suppression", async () => {
  const settings = await filledSettings()
  const { code, out } = await command(settings, "ledger", [])
  expect(out).toContain("received 0 = stored 0")
  expect(out).toContain("matched 11 = delivered 6 + dead-lettered 2 + suppressed 1 + waiting 1 + in flight 1")
  expect(out).toMatch(/^tell-the-shop +8 +4 +1 +0 +1 +1 +1 +0$/m)
  expect(out).toMatch(/^postback-pay\/report +1 +1 +0 +0 +0 +0 +0 +0$/m)
  expect(out).toContain("suppressed of tell-the-shop: repeated 1")
  expect(out).toContain("The ledger balances.")
  expect(code).toBe(0)
  const json = JSON.parse((await command(settings, "ledger", ["--json"])).out)
  expect(json.reactions).toHaveLength(3)
  expect(json.reactionsTotal).toMatchObject({ matched: 11, inFlight: 1 })
}, 60_000)

test("without a match nothing is said of reactions", async () => {
  const { code, out } = await command(ownSettings(), "ledger", [])
  expect(out).not.toMatch(/matched|[Rr]eactions/)
  expect(code).toBe(0)
}, 60_000)

test("a line that does not add up is a warning, and the ledger does not balance", async () => {
  const settings = await filledSettings()
  const database = new DatabaseSync(join(settings.DATA_DIR ?? "", "reactions.sqlite"))
  const { changes } = database
    .prepare("UPDATE lines SET count = count + 2 WHERE rule = 'tell-the-shop' AND kind = 'matched'")
    .run()
  database.close()
  expect(changes).toBe(1)
  const { code, out } = await command(settings, "ledger", [])
  expect(out).toContain("WARNING: Rule tell-the-shop matched 10 times, but 2 matches are in no state")
  expect(out).toContain("The ledger does NOT balance.")
  expect(code).toBe(1)
}, 60_000)

test("a store that cannot be reached is said, and the queue is still counted", async () => {
  const settings = ownSettings({ PROJECTIONS_URL: "redis://127.0.0.1:1" })
  const { code, out } = await command(settings, "ledger", [])
  expect(out).toContain("received 0 = stored 0")
  expect(out).toMatch(/^Reactions: unknown\. .*127\.0\.0\.1:1/m)
  expect(out).toContain("The ledger balances as far as it could be read: the reactions are missing.")
  expect(code).toBe(1)
}, 60_000)
