/** Paths and query strings: every byte, hostile names, up to a hundred thousand keys, and lengths around the limit. */
import type { Random } from "../../faults/random.ts"
import { type MakeAttack, plainAttack } from "../attack.ts"
import { badText, inTarget, targetBytes } from "../texts.ts"

const names = [
  "__proto__",
  "constructor",
  "toString",
  "a",
  "a[]",
  "a[__proto__]",
  "%00",
  "",
  "0",
  "9007199254740993"
] as const

const query = (random: Random): string => {
  const kind = random.whole(0, 6)
  if (kind === 0) return targetBytes(random, 400)
  if (kind === 1) return inTarget(badText(random, 30))
  if (kind === 2) return "a&".repeat(random.whole(1, 9_000))
  if (kind === 3) return `${random.pick(names)}=1&`.repeat(random.whole(1, 800))
  if (kind === 4) return "%".repeat(random.whole(1, 19_000))
  if (kind === 5) return "x".repeat(random.whole(20_200, 20_600))
  return Array.from(
    { length: random.whole(1, 20) },
    () => `${random.pick(names)}=${inTarget(badText(random))}`
  ).join("&")
}

/**
 * One event, or an error. The prefix `/t/` avoids paths that are never events, except the root, to which Bun resolves
 * `/t/..`; with a query the root is an event too, so there always is one.
 */
export const queryAttack: MakeAttack = (random) => {
  const method = random.next() < 0.1 ? "HEAD" : "GET"
  const path = `/t/${random.next() < 0.5 ? "x" : inTarget(badText(random)).replaceAll("?", "")}`
  return plainAttack("query", { method, target: `${path}?${query(random) || "q"}` })
}
