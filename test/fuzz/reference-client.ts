/**
 * The reference client: a well-behaved client in a process of its own, so that the fuzzer does not slow it. Sends one event
 * after the other, by GET and POST, until its standard input ends; then prints its results as JSON.
 */
import { referencePath } from "./reference-path.ts"

const [origin = ""] = process.argv.slice(2)
const form = { "content-type": "application/x-www-form-urlencoded" }
const statuses: Record<string, number> = {}
let sent = 0
let slowest = 0
let isComplete = false

process.stdin.on("end", () => {
  isComplete = true
})
process.stdin.resume()
process.stdout.write("ready\n")

while (!isComplete) {
  const begun = performance.now()
  const number = `n=${sent++}`
  const requests =
    sent % 2 === 0
      ? fetch(new URL(`${referencePath}?${number}`, origin))
      : fetch(new URL(referencePath, origin), { method: "POST", body: number, headers: form })
  const status = await requests.then(
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
