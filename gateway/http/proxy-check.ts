/**
 * Looks at the first requests, and at some of the later ones, for a proxy whose word about the client's address is not
 * taken, and tells once what to set. Lives as long as the server whose requests it sees.
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
  /** TRUSTED_PROXIES as it is set. */
  readonly trusted: string
  /** ADDRESS_HEADERS. */
  readonly believed: ReadonlySet<AddressHeader>
  /** Called at most once, with a sentence. Must not fail. */
  readonly warn: (sentence: string) => void
}

/** Sees a request by its headers and the address of its socket's peer. Never fails. */
export type ProxyCheck = (headers: Headers, peer: string) => void

/** Requests that are all looked at; of later ones, one in `sampleEvery`. */
export const checkedRequests = 1_000
const sampleEvery = 256

export const proxyCheck = ({ trusted, believed: set, warn }: ProxyCheckOptions): ProxyCheck => {
  const isTrusted = trustedProxies(trusted)
  // Whoever trusts nobody on purpose need not be told of proxies.
  let isOver = trusted.trim() === trustNobody
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
    if (isOver || (++seen > checkedRequests && seen % sampleEvery !== 0)) return
    const warning = warningOn(headers, peer)
    if (warning === undefined) return
    isOver = true
    warn(warning)
  }
}

const namesOther = (headers: Headers, name: string, isProxy: (address: string) => boolean): boolean => {
  const value = headers.get(name)
  const address = value === null ? "" : clientInHeader(name, value, isProxy)
  return address !== "" && !isProxy(address)
}

const untrusted = (peer: string, header: string, trusted: string, isBelieved: boolean): string =>
  `Requests come from ${peer} with the header ${header}, but ${peer} is not in TRUSTED_PROXIES, so ${peer} counts as their sender. If it is your proxy, set TRUSTED_PROXIES=${trusted},${peer} (or the range of your proxies)${
    isBelieved ? "" : ` and, if it writes that header itself, ADDRESS_HEADERS=${header}`
  }.`

const unbelieved = (peer: string, header: string): string =>
  `Requests come from the proxy ${peer} with the header ${header}, which ADDRESS_HEADERS does not name, so ${peer} counts as their sender. If the proxy writes that header itself, set ADDRESS_HEADERS=${header}.`

/** The name as people write it. */
const written = (header: string): string => header.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
