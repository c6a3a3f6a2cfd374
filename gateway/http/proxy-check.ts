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
  readonly addressHeaders: ReadonlySet<AddressHeader>
  /** Called at most once. Must not fail. */
  readonly warn: (sentence: string) => void
}

/** Checks a request by its headers and the address of its socket's peer. Never fails. */
export type ProxyCheck = (headers: Headers, peer: string) => void

/** The number of first requests that are all checked; of later requests, one in `sampleEvery` is checked. */
export const checkedRequests = 1_000
const sampleEvery = 256

export const proxyCheck = ({ trusted, addressHeaders, warn }: ProxyCheckOptions): ProxyCheck => {
  const isTrusted = trustedProxies(trusted)
  // TRUSTED_PROXIES=none is a deliberate choice.
  let isDone = trusted.trim() === trustNobody
  let seen = 0

  const warningOn = (headers: Headers, peer: string): string | undefined => {
    const address = plainAddress(peer)
    const effective = effectiveHeaders(headers, addressHeaders)
    if (isTrusted(address)) {
      if ([...effective].some((name) => headers.has(name))) return undefined
      const header = knownHeaders.find((name) => namesOther(headers, name, isTrusted))
      return header && unlistedHeader(address, written(header))
    }
    if (!isPrivate(address)) return undefined
    const header = [...effective, ...knownHeaders].find((name) => namesOther(headers, name, () => false))
    return header && untrustedPeer(address, written(header), trusted, effective.has(header))
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

const untrustedPeer = (peer: string, header: string, trusted: string, isListed: boolean): string =>
  `Requests from ${peer} have the header ${header}, but ${peer} is not in TRUSTED_PROXIES, so ${peer} counts as the client. If it is your proxy, set TRUSTED_PROXIES=${trusted},${peer} (or the range of your proxies)${
    isListed ? "" : ` and, if it writes that header itself, ADDRESS_HEADERS=${header}`
  }.`

const unlistedHeader = (peer: string, header: string): string =>
  `Requests from the proxy ${peer} have the header ${header}, which is not in ADDRESS_HEADERS, so ${peer} counts as the client. If the proxy writes that header itself, set ADDRESS_HEADERS=${header}.`

/** The header's name in its usual case. */
const written = (header: string): string => header.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
