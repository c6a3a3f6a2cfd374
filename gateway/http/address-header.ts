/**
 * Reads the client's address from one header of a proxy: a list of hops like `X-Forwarded-For` (a single address is a
 * list too) or `Forwarded` (RFC 7239). Keeps no state.
 */
import { readAddress } from "./address-text.ts"

/**
 * The rightmost hop that is not a trusted proxy; if all are, the leftmost. Empty when the header has no usable address:
 * each hop was written by the hop to its right, so hops to the left of a hidden one (`unknown`, `_hidden`) are ignored.
 * Empty elements are not hops (RFC 9110, 5.6.1). `name` in lower case.
 */
export const clientInHeader = (
  name: string,
  value: string,
  isProxy: (address: string) => boolean
): string => {
  const read = name === "forwarded" ? addressOfElement : readAddress
  let leftmost = ""
  for (let end = value.length; end >= 0; ) {
    const start = startOfElement(value, end)
    const element = value.slice(start, end).trim()
    end = start - 1
    if (element === "") continue
    const hop = read(element)
    if (hop === "" || !isProxy(hop)) return hop
    leftmost = hop
  }
  return leftmost
}

/**
 * The start of the element that ends at `end`: after the comma before it. Scans from the right, so that text of the
 * client further left, like an unclosed quotation mark, cannot change what the trusted proxy wrote.
 */
const startOfElement = (value: string, end: number): number => {
  let isQuoted = false
  for (let at = end - 1; at >= 0; at--) {
    const code = value.charCodeAt(at)
    if (code === 34 && !isEscaped(value, at)) isQuoted = !isQuoted
    else if (code === 44 && !isQuoted) return at + 1
  }
  return 0
}

const isEscaped = (value: string, at: number): boolean => {
  let slashes = 0
  while (value.charCodeAt(at - 1 - slashes) === 92) slashes++
  return slashes % 2 === 1
}

const pair = /\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))\s*(?:;|$)/y

/** The address of `for=192.0.2.60;proto=http`; empty when it is missing, duplicated, hidden or malformed. */
const addressOfElement = (element: string): string => {
  let found: string | undefined
  for (pair.lastIndex = 0; pair.lastIndex < element.length; ) {
    const parts = pair.exec(element)
    if (parts === null) return ""
    const [, name = "", quoted, token = ""] = parts
    if (name.toLowerCase() !== "for") continue
    if (found !== undefined) return ""
    found = readAddress(quoted === undefined ? token : quoted.replace(/\\(.)/g, "$1"))
  }
  return found ?? ""
}
