/**
 * What viewers must not see (VIEWER_MASK): clients' addresses and chosen parameters. It is hidden in the bytes, before
 * anything is decoded or compared, so that no list, search or filter can tell it.
 */
import { type Bytes, bytesOf, type Dialect } from "../../contracts/event.ts"
import { decodeValue } from "../../contracts/wire/percent.ts"

/** Stands where something is hidden. */
export const hiddenText = "•••"
const hiddenBytes = bytesOf(hiddenText)

export interface Mask {
  /** False: everything may be seen. */
  readonly isOn: boolean
  readonly hidesAddress: boolean
  /** Is the value of a parameter of that name hidden? In any case, and `email` also hides `user[email]`. */
  readonly hides: (name: string) => boolean
}

export const noMask: Mask = { isOn: false, hidesAddress: false, hides: () => false }

/** Of a list like `address,email,token`: `address` is the client's address, everything else a parameter. */
export const readMask = (list: string): Mask => {
  const names = new Set(
    list
      .split(",")
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== "")
  )
  if (names.size === 0) return noMask
  const hidesAddress = names.delete("address")
  const hides = (name: string): boolean => {
    if (names.size === 0) return false
    const whole = name.toLowerCase()
    return names.has(whole) || whole.split(/[[\]]/).some((part) => names.has(part))
  }
  return { isOn: true, hidesAddress, hides }
}

/** `name=value&…` with the values hidden whose (decoded) names are. */
export const maskedPairs = (pairs: Bytes, plusIsSpace: boolean, hides: (name: string) => boolean): Bytes =>
  pairs
    .split("&")
    .map((piece) => {
      const equals = piece.indexOf("=")
      if (equals === -1) return piece
      return hides(decodeValue(piece.slice(0, equals) as Bytes, plusIsSpace))
        ? piece.slice(0, equals + 1) + hiddenBytes
        : piece
    })
    .join("&") as Bytes

/** A record that `parseRecord` can read, with its secrets hidden. */
export const maskedRecord = (value: Bytes, mask: Mask): Bytes => {
  const [event = "", meta = "", params = ""] = value.split(" ")
  const hidden = maskedPairs(
    meta as Bytes,
    false,
    (name) => (mask.hidesAddress && name === "ip") || mask.hides(name)
  )
  return `${event} ${hidden} ${maskedPairs(params as Bytes, true, mask.hides)}` as Bytes
}

/** A line of that dialect that `parseLine` can read, with its secrets hidden. */
export const maskedLine = (line: Bytes, dialect: Dialect, mask: Mask): Bytes => {
  const fields = line.split(" ")
  const place = dialect === "adtekio" ? 4 : 5
  const query = fields[place]
  if (query !== undefined) fields[place] = maskedPairs(query as Bytes, true, mask.hides)
  if (mask.hidesAddress) fields[0] = hiddenBytes
  return fields.join(" ") as Bytes
}
