/**
 * The lookup key, which attributes a later install to a click: MD5 of the device's advertising id if the click has one,
 * otherwise of its address and platform. MD5 is the industry's convention; it is not meant to hide the id.
 */
import { createHash } from "node:crypto"
import { ipHex } from "../../contracts/wire/ip.ts"
import { ipText } from "../../contracts/wire/ip-text.ts"

/** Parameters for an advertising id; the first with a valid id counts. */
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
 * A normalised advertising id: 32 hex digits with dashes (8-4-4-4-12), others unchanged. Undefined for an invalid id: the
 * zeros of a device that opted out, and placeholders of ad networks without an id (`{idfa}`).
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
 * The key of `address.platform`: the address in its canonical form, the platform in lower case, empty when unknown.
 * Undefined without an address, as for an anonymised event.
 */
export const keyOfAddress = (address: string, platform: string): string | undefined => {
  const number = ipHex(address)
  if (number === "" || number === "0") return undefined
  return md5(`${ipText(number, "pushtech")}.${platform.toLowerCase()}`)
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex")
