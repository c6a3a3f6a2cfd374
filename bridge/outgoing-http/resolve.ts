/**
 * The addresses of a host, all of them checked. A call connects to these only, and never asks DNS again, so that an answer
 * that changes between check and connect has no effect. Lives as long as its outgoing HTTP.
 */
import { lookup } from "node:dns/promises"
import { isIP } from "node:net"
import { type AllowList, isAllowed } from "./address-guard.ts"
import { CallFailure } from "./call-failure.ts"

export interface CheckedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** Asks DNS (and the hosts file) for all addresses of a name; rejects as `dns.lookup` does. */
export type Lookup = (name: string) => Promise<ReadonlyArray<{ readonly address: string }>>

const systemLookup: Lookup = (name) => lookup(name, { all: true, verbatim: true })

/** How long the addresses of a name are used again without asking, milliseconds. Each call checks them all the same. */
const rememberMs = 2_000

/** Names whose addresses are remembered. */
const maxNames = 1_000

/** Resolves with the checked addresses of the host, as it is in a URL; rejects with `CallFailure`. */
export type Resolve = (host: string) => Promise<ReadonlyArray<CheckedAddress>>

/**
 * One question at a time is asked for a name, however many calls wait for it: a name server that hangs must not occupy all
 * threads that resolve names.
 */
export const makeResolve = (
  allow: AllowList,
  ask: Lookup = systemLookup,
  { remembersMs = rememberMs, now = () => performance.now() } = {}
): Resolve => {
  const known = new Map<string, { readonly until: number; readonly addresses: ReadonlyArray<string> }>()
  const asked = new Map<string, Promise<ReadonlyArray<string>>>()

  const addressesOf = (name: string): Promise<ReadonlyArray<string>> => {
    const remembered = known.get(name)
    if (remembered !== undefined && now() < remembered.until) return Promise.resolve(remembered.addresses)
    const running = asked.get(name)
    if (running !== undefined) return running
    const asking = ask(name)
      .then((answers) => {
        const addresses = answers.map(({ address }) => address)
        if (known.size >= maxNames) known.clear()
        known.set(name, { until: now() + remembersMs, addresses })
        return addresses
      })
      .finally(() => asked.delete(name))
    asked.set(name, asking)
    return asking
  }

  return async (host) => {
    const literal = host.replace(/^\[(.*)\]$/, "$1")
    const addresses =
      isIP(literal) !== 0
        ? [literal]
        : await addressesOf(host).catch((cause: unknown) => {
            throw noName(host, cause)
          })
    if (addresses.length === 0) throw noName(host, undefined)
    const wrong = addresses.find((address) => !isAllowed(host, address, allow))
    if (wrong !== undefined)
      throw new CallFailure({
        reason: "refused address",
        message: `${host} has the address ${wrong}, which is not public: name it in WEBHOOK_ALLOW if calls may go there.`,
        wasSent: false
      })
    return addresses.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }))
  }
}

const noName = (host: string, cause: unknown): CallFailure => {
  const code =
    typeof cause === "object" && cause !== null && "code" in cause ? ` (${String(cause.code)})` : ""
  return new CallFailure({
    reason: "no name",
    message: `The name ${host} has no address${code}: check the URL and DNS.`,
    wasSent: false
  })
}
