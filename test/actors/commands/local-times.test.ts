/** Times in the output of commands: UTC, or with `--local` in the zone of the machine; the zone is shown. */
import { expect, test } from "bun:test"
import { eventually } from "../../support/eventually.ts"
import { ownSettings, startSpoor } from "../../support/spoor.ts"
import { command } from "./command.ts"

test("the same moment in UTC and in the zone of the machine", async () => {
  const settings = { ...ownSettings(), TZ: "Asia/Kolkata" }
  const spoor = await startSpoor(["--all"], settings)
  await fetch(new URL("/t/timed", spoor.address("send events")))
  const ledger = async (...args: ReadonlyArray<string>) => {
    const { out } = await command(settings, "ledger", args)
    return /counted since (.+)$/m.exec(out)?.[1] ?? ""
  }
  const utc = await eventually("it is counted", async () => (await ledger()) || undefined)
  await spoor.end("SIGKILL")
  const local = await ledger("--local")
  expect(utc).toEndWith(" UTC")
  expect(local).toEndWith(" +05:30")
  const read = (text: string) => Date.parse(text.replace(" UTC", "Z").replace(" +", "+").replace(" ", "T"))
  expect(read(local)).toBe(read(utc))
  expect((await command(settings, "ledger", ["--help"])).out).toContain("--local")
}, 60_000)
