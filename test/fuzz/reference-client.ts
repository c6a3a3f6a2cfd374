/**
 * A well-behaved client, run as a process of its own so that nothing of the fuzzer's slows it: sends one event after
 * the other, by GET and by POST, to the URL it is given, until its input ends; then prints what became of them as one JSON text.
 */
import { neighbourPath } from "./neighbour-path.ts"

const [origin = ""] = process.argv.slice(2)
const form = { "content-type": "application/x-www-form-urlencoded" }
const statuses: Record<string, number> = {}
let sent = 0
let slowest = 0
let isOver = false

process.stdin.on("end", () => {
  isOver = true
})
process.stdin.resume()
process.stdout.write("ready\n")

while (!isOver) {
  const begun = performance.now()
  const number = `n=${sent++}`
  const asked =
    sent % 2 === 0
      ? fetch(new URL(`${neighbourPath}?${number}`, origin))
      : fetch(new URL(neighbourPath, origin), { method: "POST", body: number, headers: form })
  const status = await asked.then(
    async (response) => {
      await response.text()
      return String(response.status)
    },
    (cause: unknown) => String(cause)
  )
  statuses[status] = (statuses[status] ?? 0) + 1
  slowest = Math.max(slowest, performance.now() - begun)
  await new Promise((resolve) => setTimeout(resolve, 2))
}
process.stdout.write(JSON.stringify({ sent, statuses, slowest: Math.round(slowest) }))
process.exit(0)
