/**
 * HTTP calls to targets that rules name: guarded against server-side request forgery, limited in time and size. Redirects
 * are followed on the same host only, and each is checked like the first URL. Lives as long as its scope.
 */
import { Effect, type Scope } from "effect"
import type { AllowList } from "./address-guard.ts"
import { CallFailure } from "./call-failure.ts"
import { type Lookup, makeResolve } from "./resolve.ts"
import { makeSender, type OutgoingAnswer, type OutgoingRequest } from "./send.ts"

export type { OutgoingAnswer, OutgoingRequest } from "./send.ts"

export interface OutgoingHttp {
  /** Makes one call. Fails without an answer, or for a redirect that is not followed; never for a status. */
  readonly send: (request: OutgoingRequest) => Effect.Effect<OutgoingAnswer, CallFailure>
}

export interface OutgoingOptions {
  readonly allow: AllowList
  /** For tests: another DNS without memory, and certificates to trust. */
  readonly lookup?: Lookup
  readonly ca?: string
}

/** Redirects that are followed in one call. */
const maxRedirects = 5

/**
 * @example
 * const http = yield* makeOutgoingHttp({ allow: readAllowList("10.1.0.0/16") })
 * const { status } = yield* http.send({ method: "GET", url: "https://shop.example/", headers: [], body: undefined, timeoutMs: 10_000 })
 */
export const makeOutgoingHttp = ({
  allow,
  lookup,
  ca
}: OutgoingOptions): Effect.Effect<OutgoingHttp, never, Scope.Scope> =>
  Effect.gen(function* () {
    const resolve = makeResolve(allow, lookup, lookup === undefined ? {} : { remembersMs: 0 })
    const sender = makeSender(ca)
    yield* Effect.addFinalizer(() => Effect.sync(sender.close))

    const call = async (request: OutgoingRequest, signal: AbortSignal): Promise<OutgoingAnswer> => {
      let url = calledUrl(request.url)
      let next: Pick<OutgoingRequest, "method" | "headers" | "body"> = request
      for (let redirects = 0; ; redirects += 1) {
        const addresses = await abandonable(resolve(url.hostname), signal)
        const answer = await sender.send(url, next, addresses, signal)
        const to = request.takesRedirect?.(answer.status) === true ? undefined : redirectOf(answer, url)
        if (to === undefined) return answer
        if (redirects === maxRedirects)
          throw redirect(`${url.host} redirects more than ${maxRedirects} times.`)
        url = to
        // 303 answers with another resource; all others repeat the request, whose body must not get lost.
        if (answer.status === 303 && next.method !== "HEAD")
          next = { method: "GET", headers: next.headers.filter(([name]) => !isOfBody(name)), body: undefined }
      }
    }

    return {
      send: (request) =>
        Effect.tryPromise({
          try: async (interrupted) => {
            const late = new AbortController()
            const timer = setTimeout(() => late.abort(timeoutOf(request)), request.timeoutMs)
            try {
              return await call(request, AbortSignal.any([interrupted, late.signal]))
            } finally {
              clearTimeout(timer)
            }
          },
          catch: (cause) =>
            cause instanceof CallFailure
              ? cause
              : new CallFailure({
                  reason: "no connection",
                  message: `The call failed: ${cause}`,
                  wasSent: true
                })
        })
    }
  })

/** Rejects as soon as the signal says so; the work goes on without anybody. */
const abandonable = <A>(work: Promise<A>, signal: AbortSignal): Promise<A> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })

/** The URL of a call; its user part would be sent to whoever the host is, so it is refused. */
const calledUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    throw badUrl("The URL must begin with http:// or https:// and name a host.")
  if (url.username !== "" || url.password !== "")
    throw badUrl("The URL contains a user or a password: write `basic` in the rule instead.")
  return url
}

const badUrl = (message: string): CallFailure =>
  new CallFailure({ reason: "bad url", message, wasSent: false })
const redirect = (message: string): CallFailure =>
  new CallFailure({ reason: "redirect", message, wasSent: true })

const timeoutOf = ({ url, timeoutMs }: OutgoingRequest): CallFailure =>
  new CallFailure({
    reason: "timeout",
    message: `${URL.canParse(url) ? new URL(url).host : "The target"} did not answer completely within ${timeoutMs} ms.`,
    wasSent: true
  })

const isOfBody = (header: string): boolean => /^content-/i.test(header)

/** Where to call again; undefined for an answer that is no redirect. Throws for a redirect that is not followed. */
const redirectOf = ({ status, headers }: OutgoingAnswer, from: URL): URL | undefined => {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  const { location } = headers
  const to = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (to === undefined) throw redirect(`${from.host} redirects (${status}) without a valid Location.`)
  const isSecured = from.protocol === "http:" && to.protocol === "https:" && to.hostname === from.hostname
  if (to.username !== "" || to.password !== "" || (to.origin !== from.origin && !isSecured))
    throw redirect(
      `${from.host} redirects (${status}) to another host, ${to.host}: call that one if it is the right one.`
    )
  return to
}
