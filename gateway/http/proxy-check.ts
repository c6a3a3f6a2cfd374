/**
 * Checks the first requests, and a sample of later ones, for a proxy whose forwarding header is ignored, and warns once
 * with the settings to change. Lives as long as its server.
 */
import { clientInHeader } from "./address-header.ts"
import { plainAddress } from "./address-text.ts"
import {
  type AddressHeader,
  effectiveHeaders,
  isPrivate,
  knownHeaders,
  trustedProxies,
  trustNobody
} from "./client-address.ts"

export interface ProxyCheckOptions {
  /** The value of TRUSTED_PROXIES. */
  readonly trusted: string
  /** The value of ADDRESS_HEADERS. */
  readonly believed: ReadonlySet<AddressHeader>
  /** Called at most once. Must not fail. */
  readonly warn: (sentence: string) => void
}

/** Checks a request by its headers and the address of its socket's peer. Never fails. */
export type ProxyCheck = (headers: Headers, peer: string) => void

/** The number of requests that are all checked; of later requests, one in `sampleEvery` is. */
export const checkedRequests = 1_000
const sampleEvery = 256

export const proxyCheck = ({ trusted, believed: set, warn }: ProxyCheckOptions): ProxyCheck => {
  const isTrusted = trustedProxies(trusted)
  // TRUSTED_PROXIES=none is a deliberate choice.
  let isDone = trusted.trim() === trustNobody
  let seen = 0

  const warningOn = (headers: Headers, peer: string): string | undefined => {
    const address = plainAddress(peer)
    const believed = effectiveHeaders(headers, set)
    if (isTrusted(address)) {
      if ([...believed].some((name) => headers.has(name))) return undefined
      const header = knownHeaders.find((name) => namesOther(headers, name, isTrusted))
      return header && unbelieved(address, written(header))
    }
    if (!isPrivate(address)) return undefined
    const header = [...believed, ...knownHeaders].find((name) => namesOther(headers, name, () => false))
    return header && untrusted(address, written(header), trusted, believed.has(header))
  }

  return (headers, peer) => {
    if (isDone || (++seen > checkedRequests && seen % sampleEvery !== 0)) return
    const warning = warningOn(headers, peer)
    if (warning === undefined) return
    isDone = true
    warn(warning)
  }
}

const namesOther = (headers: Headers, name: string, isProxy: (address: string) => boolean): boolean => {
  const value = headers.get(name)
  const address = value === null ? "" : clientInHeader(name, value, isProxy)
  return address !== "" && !isProxy(address)
}

const untrusted = (peer: string, header: string, trusted: string, isBelieved: boolean): string =>
  `Requests from ${peer} have the header ${header}, but ${peer} is not in TRUSTED_PROXIES, so ${peer} counts as the client. If it is your proxy, set TRUSTED_PROXIES=${trusted},${peer} (or the range of your proxies)${
    isBelieved ? "" : ` and, if it writes that header itself, ADDRESS_HEADERS=${header}`
  }.`

const unbelieved = (peer: string, header: string): string =>
  `Requests from the proxy ${peer} have the header ${header}, which is not in ADDRESS_HEADERS, so ${peer} counts as the client. If the proxy writes that header itself, set ADDRESS_HEADERS=${header}.`

/** The header's name in its usual case. */
const written = (header: string): string => header.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
