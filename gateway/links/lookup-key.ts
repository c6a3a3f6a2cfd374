/**
 * What a click and a later install are brought together by: MD5 of the device's advertising id where the click has one,
 * else of its address and platform. MD5 is what everyone in this trade looks up by; it hides nothing and need not.
 */
import { createHash } from "node:crypto"
import { ipHex } from "../../contracts/wire/ip.ts"
import { ipText } from "../../contracts/wire/ip-text.ts"

/** Parameters that hold an advertising id, the first that has one counts. */
export const advertisingNames = [
  "idfa",
  "gaid",
  "aifa",
  "adid",
  "gps_adid",
  "google_aid",
  "oaid",
  "ifa",
  "rdid",
  "advertising_id"
] as const

/**
 * An advertising id as it is compared: 32 hex digits with dashes (8-4-4-4-12), others as they are. Undefined for what
 * is none: the zeros of those who do not want to be known, and what networks send when they know no id (`{idfa}`).
 */
export const advertisingId = (value: string): string | undefined => {
  const id = value.trim()
  const bare = id.replaceAll("-", "")
  if (/^[0-]*$/.test(id)) return undefined
  if (/^[0-9a-f]{32}$/i.test(bare)) return bare.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
  return /^[0-9a-z-]{16,64}$/i.test(id) ? id : undefined
}

/** The key of an advertising id, in lower-case hex. */
export const keyOfId = (id: string): string => md5(id.toLowerCase())

/**
 * The key of `address.platform`: the address in its usual writing, the platform in lower case, empty when unknown.
 * Undefined without an address, which everyone has who is not to be known.
 */
export const keyOfAddress = (address: string, platform: string): string | undefined => {
  const number = ipHex(address)
  if (number === "" || number === "0") return undefined
  return md5(`${ipText(number, "pushtech")}.${platform.toLowerCase()}`)
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex")
