/** Runs the commands of actors/notifier/README.md: the notifier with its password, a registration, a message, and new keys. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type NotifierProcess, startNotifier } from "./notifier-process.ts"

const root = join(import.meta.dirname, "..", "..", "..")
const readme = readFileSync(join(root, "actors/notifier/README.md"), "utf8")
const blocks = Array.from(readme.matchAll(/<!-- run by \S+ -->\n```sh\n([\s\S]*?)```/g), ([, text = ""]) =>
  text.trim().split("\n")
)
const [[start = "", ...requests] = [], keys = []] = blocks

let notifier: NotifierProcess
beforeAll(async () => {
  expect(start).toBe("NOTIFIER_PASSWORD=secret bun run actor notifier")
  notifier = await startNotifier({ NOTIFIER_PASSWORD: "secret" })
}, 60_000)
afterAll(() => notifier?.stop())

test("a device is registered, and a message to it waits for the deliverers", async () => {
  expect(requests).toHaveLength(2)
  for (const command of requests) {
    expect(command).toContain(" localhost:5041/")
    const out = execFileSync("sh", ["-c", command.replace("localhost:5041", notifier.url.host)], {
      stdio: ["ignore", "pipe", "ignore"]
    })
    expect(out.toString()).toBe('{"status":"ok"}')
  }
  const { mappings } = await (await notifier.ask("GET", "/mappings")).json()
  expect(mappings).toMatchObject([
    { device_id: "phone", callback_url: "https://app.example/push", locale: "de" }
  ])
  expect(await notifier.taken()).toHaveLength(1)
}, 60_000)

test("new keys for Web Push are printed as settings", () => {
  expect(keys).toEqual(["bun run push-keys"])
  const out = execFileSync(process.execPath, ["run", "push-keys"], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"]
  })
  expect(out.toString()).toMatch(/^VAPID_PUBLIC_KEY=\S{87}\nVAPID_PRIVATE_KEY=\S{43}\n$/)
})
