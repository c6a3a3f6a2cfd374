/** The expected record of an event, as far as it follows from the event sent: computed here, without Spoor's code. */
import { numberOf, sentEvent } from "./events.ts"
import type { Sent } from "./sent.ts"

/** A record split into its parts as the contract defines. One character per byte. */
export interface Parts {
  readonly event: string
  readonly meta: string
  readonly query: string
}

/** Splits `event meta params`; undefined for another form. */
export const recordParts = (value: Buffer): Parts | undefined => {
  const text = value.toString("latin1")
  const first = text.indexOf(" ")
  const second = text.indexOf(" ", first + 1)
  if (first < 1 || second === -1) return undefined
  return { event: text.slice(0, first), meta: text.slice(first + 1, second), query: text.slice(second + 1) }
}

/** The query of a line in either dialect; undefined when it has none. */
export const queryOfLine = (line: Buffer): string | undefined => {
  const fields = line.toString("latin1").split(" ")
  return fields[3]?.startsWith("/") === true ? fields[4] : fields[5]
}

/** The difference between the record of event `n` and the event sent; undefined if they match. */
export const differenceOf = (n: number, { event, meta, query }: Parts, sent: Sent): string | undefined => {
  const extra = sent.extra.get(n)
  if (extra !== undefined) return queryOfLine(extra.line) === query ? undefined : "its query has changed"
  const wanted = sentEvent(n)
  if (query !== wanted.query)
    return `its query is ${JSON.stringify(query)} and was ${JSON.stringify(wanted.query)}`
  const wantedEvent = wanted.way === "adtekio" ? wanted.path : wanted.type
  if (event !== wantedEvent) return `its event is ${event} and was ${wantedEvent}`
  const fields = `&${meta}&`
  const missing = metaOf(n).find((pair) => !fields.includes(`&${pair}&`))
  return missing === undefined ? undefined : `its meta part lacks ${missing}: ${meta}`
}

/** The pairs of the meta part that depend on the sender. */
const metaOf = (n: number): ReadonlyArray<string> => {
  const { way, address } = sentEvent(n)
  const bytes = address.split(".").map(Number)
  if (way === "adtekio") {
    const decimal = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
    return [`ip=${decimal}`, `ts=${1_795_206_900 + (n % 1000)}`]
  }
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")
  const ip = `ip=${hex.replace(/^0+/, "")}`
  return way === "http"
    ? [ip, "host=trk.example.com"]
    : [ip, `ts=${1_795_206_900_000 + n}`, `pod=10.0.0.${n % 9}`]
}

/** The type under which consumers count the event of a record. */
export const typeOf = ({ event }: Parts): string =>
  event.startsWith("/") ? (event.split("/").findLast((segment) => segment !== "") ?? "/") : event

/** The event's number, if it was issued and not refused. */
export const issuedNumber = (query: string, sent: Sent): number | undefined => {
  const n = numberOf(query)
  if (n === undefined) return undefined
  const fate = sent.fateOf(n)
  return fate === undefined || fate === "refused" ? undefined : n
}
