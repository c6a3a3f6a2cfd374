/**
 * Parses IP addresses as proxies and server logs write them: with or without a port, brackets, quotes and a zone. Keeps
 * no state.
 */
import { parseIp, unmapped } from "../../contracts/wire/ip.ts"

/** The address without its zone; an IPv4-mapped address (`::ffff:1.2.3.4`) as IPv4; empty for an invalid address. */
export const plainAddress = (written: string): string => {
  const zone = written.indexOf("%")
  const text = zone === -1 ? written : written.slice(0, zone)
  const address = parseIp(text)
  if (address === undefined) return ""
  if (typeof address === "number") return text
  const plain = unmapped(address)
  return typeof plain === "number" ? dotted(plain) : text
}

/** Maximum length of an address with port, brackets, quotes and zone, characters. */
const maxLength = 128

/**
 * The plain address of `8.8.8.8`, `8.8.8.8:4711`, `2001:db8::7`, `[2001:db8::7]:4711`, `fe80::1%eth0`, also in double
 * quotes and with white space around it. Empty for anything else: a name, `unknown`, `unix:`, several addresses.
 */
export const readAddress = (written: string): string => {
  let text = written.trim()
  if (text.length > maxLength) return ""
  if (text.length > 1 && text.startsWith('"') && text.endsWith('"')) text = text.slice(1, -1)
  return plainAddress(text) || plainAddress(withoutPort(text))
}

/** A port, or an obfuscated one as RFC 7239 allows: `192.0.2.43:_http`. */
const port = "(?::(?:\\d{1,5}|_[\\w.-]+))"
const bracketed = new RegExp(`^\\[([^\\]]*)\\]${port}?$`)
const dottedWithPort = new RegExp(`^(.*\\.\\d+)${port}$`)

const withoutPort = (text: string): string =>
  bracketed.exec(text)?.[1] ?? dottedWithPort.exec(text)?.[1] ?? ""

const dotted = (address: number): string =>
  [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(".")
