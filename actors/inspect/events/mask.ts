/**
 * Masks what viewers must not see (VIEWER_MASK): client addresses and chosen parameters. Values are masked in the bytes,
 * before anything is decoded or compared, so that no list, search or filter can reveal them. Pure.
 */
import { type ByteString, bytesOf, type Dialect } from "../../../contracts/event.ts"
import { decodeValue } from "../../../contracts/wire/percent.ts"

/** Replaces a masked value. */
export const maskedText = "•••"
const maskedBytes = bytesOf(maskedText)

export interface Mask {
  /** False: nothing is masked. */
  readonly isOn: boolean
  readonly hidesAddress: boolean
  /**
   * Is the value of a parameter of that (decoded) name masked? Ignores case, width, spaces and control characters, and
   * matches parts of a name: `email` also masks `user[email]` and `user.email`.
   */
  readonly hides: (name: string) => boolean
}

export const noMask: Mask = { isOn: false, hidesAddress: false, hides: () => false }

/** Parameters that reveal the address: `ip`, and a click's lookup key, which is derived from it and can be brute-forced. */
const namesOfAddress = ["ip", "lookup_key"]

/** Parses a list like `address,email,token`: `address` (or `ip`) is the client's address, any other name a parameter. */
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

/** The normalized words of a name. */
const partsOf = (name: string): ReadonlyArray<string> =>
  name
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/\p{Cf}/gu, "")
    .split(/[^\p{L}\p{N}\p{M}_-]+/u)
    .filter((part) => part !== "")

/** `name=value&…` with masked values: those of masked names, and those that contain a masked name with a value. */
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
      const names = decodings(name as ByteString, plusIsSpace)
      if (names.some((text) => holdsHidden(text, hides))) return maskedBytes
      if (equals === -1) return piece
      const isHidden =
        names.some(hides) ||
        decodings(piece.slice(equals + 1) as ByteString, plusIsSpace).some((text) => holdsHidden(text, hides))
      return isHidden ? piece.slice(0, equals + 1) + maskedBytes : piece
    })
    .join("&") as ByteString

/** Text may be percent-encoded more than once; it is decoded at most this often. */
const maxDecodings = 3

/** A name or value decoded once, twice and so on, while there is more to decode. */
const decodings = (bytes: ByteString, plusIsSpace: boolean): ReadonlyArray<string> => {
  const texts = [decodeValue(bytes, plusIsSpace)]
  while (texts.length < maxDecodings) {
    const last = texts.at(-1) ?? ""
    if (!last.includes("%")) break
    const next = decodeValue(bytesOf(last), false)
    if (next === last) break
    texts.push(next)
  }
  return texts
}

/** Words followed by a sign that assigns a value: in JSON, a nested query, a header or markup. */
const named = /(?<![\p{L}\p{N}\p{M}\p{Cf}_-])([\p{L}\p{N}\p{M}\p{Cf}_-]+)["'`\\\]\s]*[=:>]/gu

/** Does the text assign a value to a masked name, as a JSON object or a link's query may? */
const holdsHidden = (text: string, hides: (name: string) => boolean): boolean =>
  /[=:>]/.test(text) && [...text.matchAll(named)].some(([, word = ""]) => hides(word))

/** A record that `parseRecord` accepts, with its values masked. */
export const maskedRecord = (value: ByteString, mask: Mask): ByteString => {
  const [event = "", meta = "", params = ""] = value.split(" ")
  const hidden = maskedPairs(
    meta as ByteString,
    false,
    (name) => (mask.hidesAddress && name === "ip") || mask.hides(name)
  )
  return `${event} ${hidden} ${maskedPairs(params as ByteString, true, mask.hides)}` as ByteString
}

/** The names of a line's fields, up to its query. */
const fieldNames: Readonly<Record<Dialect, ReadonlyArray<string>>> = {
  pushtech: ["ip", "ts", "host", "pod", "path"],
  adtekio: ["ip", "ts", "topic", "path"]
}

/** A line of that dialect that `parseLine` accepts, with its values masked. */
export const maskedLine = (line: ByteString, dialect: Dialect, mask: Mask): ByteString => {
  const names = fieldNames[dialect]
  const fields = line.split(" ")
  const shown = fields
    .slice(0, names.length)
    .map((field, i) => (mask.hides(names[i] ?? "") ? maskedBytes : field))
  const [query, ...userAgent] = fields.slice(names.length)
  if (query !== undefined) shown.push(maskedPairs(query as ByteString, true, mask.hides))
  if (userAgent.length > 0) shown.push(mask.hides("user agent") ? maskedBytes : userAgent.join(" "))
  return shown.join(" ") as ByteString
}
