/** The command `push-keys` prints a pair of keys that Web Push takes, another one each time. */
import { describe, expect, test } from "bun:test"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { checkVapidDetails } from "../../../actors/notifier/channels/web-push.ts"

const root = join(import.meta.dirname, "..", "..", "..")
const run = (...args: ReadonlyArray<string>): string =>
  execFileSync(process.execPath, ["actors/commands/push-keys.ts", ...args], { cwd: root, encoding: "utf8" })

describe("push-keys", () => {
  test("prints settings that Web Push takes", () => {
    const [, publicKey = "", privateKey = ""] =
      /^VAPID_PUBLIC_KEY=(\S+)\nVAPID_PRIVATE_KEY=(\S+)\n$/.exec(run()) ?? []
    expect(() => checkVapidDetails({ publicKey, privateKey, subject: "mailto:a@shop.example" })).not.toThrow()
  })

  test("prints JSON, and new keys each time", () => {
    const first = JSON.parse(run("--json"))
    expect(Object.keys(first)).toEqual(["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"])
    expect(JSON.parse(run("--json")).VAPID_PUBLIC_KEY).not.toBe(first.VAPID_PUBLIC_KEY)
  })
})
