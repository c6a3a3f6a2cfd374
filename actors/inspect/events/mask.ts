/**
 * What viewers must not see (VIEWER_MASK): clients' addresses and chosen parameters. It is hidden in the bytes, before
 * anything is decoded or compared, so that no list, search or filter can tell it.
 */
import { type ByteString, bytesOf, type Dialect } from "../../../contracts/event.ts"
import { decodeValue } from "../../../contracts/wire/percent.ts"

/** Stands where something is hidden. */
export const maskedText = "•••"
const hiddenBytes = bytesOf(maskedText)

export interface Mask {
  /** False: everything may be seen. */
  readonly isOn: boolean
  readonly hidesAddress: boolean
  /**
   * Is the value of a parameter of that (decoded) name hidden? However it is written: in any case or width, with blanks
   * or control characters, and as a part of a name: `email` also hides `user[email]` and `user.email`.
   */
  readonly hides: (name: string) => boolean
}

export const noMask: Mask = { isOn: false, hidesAddress: false, hides: () => false }

/** What tells the address too: a parameter of that name, and a click's key, which is made of it and found by trying. */
const namesOfAddress = ["ip", "lookup_key"]

/** Of a list like `address,email,token`: `address` (or `ip`) is the client's address, everything else a parameter. */
export const readMask = (list: string): Mask => {
  const names = new Set(
    list
      .split(",")
      .map((name) => partsOf(name).join("."))
      .filter((name) => name !== "")
  )
  if (names.size === 0) return noMask
  const hidesAddress = names.delete("address") || names.has("ip")
  if (hidesAddress) for (const name of namesOfAddress) names.add(name)
  const hides = (name: string): boolean => {
    const parts = partsOf(name)
    return names.has(parts.join(".")) || parts.some((part) => names.has(part)) || names.has(parts.join(""))
  }
  return { isOn: true, hidesAddress, hides }
}

/** The words of a name, as each way of writing it has them. */
const partsOf = (name: string): ReadonlyArray<string> =>
  name
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/\p{Cf}/gu, "")
    .split(/[^\p{L}\p{N}\p{M}_-]+/u)
    .filter((part) => part !== "")

/** `name=value&…` with the values hidden whose names are, and those that hold such a name with a value of its own. */
export const maskedPairs = (
  pairs: ByteString,
  plusIsSpace: boolean,
  hides: (name: string) => boolean
): ByteString =>
  pairs
    .split("&")
    .map((piece) => {
      const equals = piece.indexOf("=")
      const name = equals === -1 ? piece : piece.slice(0, equals)
      const names = readings(name as ByteString, plusIsSpace)
      if (names.some((text) => holdsHidden(text, hides))) return hiddenBytes
      if (equals === -1) return piece
      const isHidden =
        names.some(hides) ||
        readings(piece.slice(equals + 1) as ByteString, plusIsSpace).some((text) => holdsHidden(text, hides))
      return isHidden ? piece.slice(0, equals + 1) + hiddenBytes : piece
    })
    .join("&") as ByteString

/** A text may have been encoded more than once. */
const mostDecodings = 3

/** What a name or value says, decoded once and as often as there is more to decode. */
const readings = (bytes: ByteString, plusIsSpace: boolean): ReadonlyArray<string> => {
  const texts = [decodeValue(bytes, plusIsSpace)]
  while (texts.length < mostDecodings) {
    const last = texts.at(-1) ?? ""
    if (!last.includes("%")) break
    const next = decodeValue(bytesOf(last), false)
    if (next === last) break
    texts.push(next)
  }
  return texts
}

/** Words with a sign behind them that says "is": in JSON, in another query, in a header, in markup. */
const named = /(?<![\p{L}\p{N}\p{M}\p{Cf}_-])([\p{L}\p{N}\p{M}\p{Cf}_-]+)["'`\\\]\s]*[=:>]/gu

/** Does a text give a hidden name a value, as a JSON object or the query of a link does? */
const holdsHidden = (text: string, hides: (name: string) => boolean): boolean =>
  /[=:>]/.test(text) && [...text.matchAll(named)].some(([, word = ""]) => hides(word))

/** A record that `parseRecord` can read, with its secrets hidden. */
export const maskedRecord = (value: ByteString, mask: Mask): ByteString => {
  const [event = "", meta = "", params = ""] = value.split(" ")
  const hidden = maskedPairs(
    meta as ByteString,
    false,
    (name) => (mask.hidesAddress && name === "ip") || mask.hides(name)
  )
  return `${event} ${hidden} ${maskedPairs(params as ByteString, true, mask.hides)}` as ByteString
}

/** What the fields of a line are called, up to its query. */
const fieldNames: Readonly<Record<Dialect, ReadonlyArray<string>>> = {
  pushtech: ["ip", "ts", "host", "pod", "path"],
  adtekio: ["ip", "ts", "topic", "path"]
}

/** A line of that dialect that `parseLine` can read, with its secrets hidden. */
export const maskedLine = (line: ByteString, dialect: Dialect, mask: Mask): ByteString => {
  const names = fieldNames[dialect]
  const fields = line.split(" ")
  const shown = fields
    .slice(0, names.length)
    .map((field, i) => (mask.hides(names[i] ?? "") ? hiddenBytes : field))
  const [query, ...userAgent] = fields.slice(names.length)
  if (query !== undefined) shown.push(maskedPairs(query as ByteString, true, mask.hides))
  if (userAgent.length > 0) shown.push(mask.hides("user agent") ? hiddenBytes : userAgent.join(" "))
  return shown.join(" ") as ByteString
}
