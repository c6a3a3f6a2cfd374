/**
 * The command `push-keys`: prints a new pair of keys for Web Push as settings, and ends. It reads no settings, connects to
 * nothing and keeps nothing.
 */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { newVapidKeys } from "../notifier/channels/web-push.ts"
import { switchFlag } from "./command-line/flags.ts"
import { print } from "./command-line/print.ts"
import { handler } from "./command-line/run.ts"
import { runCommand } from "./run-command.ts"

const flags = { json: switchFlag("json", "Print one line of JSON") }

const pushKeys = Command.make(
  "push-keys",
  flags,
  handler(({ json }) => {
    const { publicKey, privateKey } = newVapidKeys()
    const settings = { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey }
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    return Effect.as(print(json ? JSON.stringify(settings) : lines.join("\n")), 0)
  })
).pipe(
  Command.withDescription(
    "Prints a new pair of keys for Web Push (VAPID). Keep the private one secret; with other keys, every browser must subscribe again."
  )
)

await runCommand(pushKeys, [])
