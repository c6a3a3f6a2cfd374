/** The server's certificate and key: read at the start and checked for renewal while the server runs. */
import { createPrivateKey, X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { Failure } from "../../contracts/failure.ts"
import type { Tls } from "./server-types.ts"

export type Renewals = (renew: (tls: Tls) => Promise<void>) => () => void

/**
 * Reads the two files; undefined when both paths are unset. Throws `Failure` "misconfigured" with one sentence when only one
 * is set, when a file cannot be read or is invalid, or when the key does not match the certificate.
 */
export const readTls = (certPath: string | undefined, keyPath: string | undefined): Tls | undefined => {
  if (certPath === undefined && keyPath === undefined) return undefined
  if (certPath === undefined || keyPath === undefined) {
    throw misconfigured("TLS requires both TLS_CERT and TLS_KEY; only one of them is set.")
  }
  const cert = read("TLS_CERT", certPath)
  const key = read("TLS_KEY", keyPath)
  const certificate = attempt(
    `TLS_CERT: ${certPath} is not a PEM certificate.`,
    () => new X509Certificate(cert)
  )
  const privateKey = attempt(`TLS_KEY: ${keyPath} is not a PEM private key without a password.`, () =>
    createPrivateKey(key)
  )
  if (!certificate.checkPrivateKey(privateKey)) {
    throw misconfigured(
      `The key in ${keyPath} (TLS_KEY) does not match the certificate in ${certPath} (TLS_CERT).`
    )
  }
  return { cert, key }
}

const checkIntervalMs = 10_000

/** The renewals of one server's certificate. */
export interface TlsRenewals {
  /** Checks the files until the returned function is called; `renew` gives the server a new pair. */
  readonly renewals: Renewals
  /** Checks the files now. True when the server got a new pair; rejects with the problem of an invalid one. */
  readonly renewNow: () => Promise<boolean>
}

/**
 * Checks the files for a new pair and renews the server with each valid one. `report` is called with undefined for each
 * renewal that a check found, and once with the problem of an invalid pair; the server then keeps the previous certificate.
 */
export const tlsRenewals = (
  certPath: string,
  keyPath: string,
  first: Tls,
  report: (problem: string | undefined) => void,
  intervalMs = checkIntervalMs
): TlsRenewals => {
  let known = first
  let reported: string | undefined
  let renew: ((tls: Tls) => Promise<void>) | undefined
  let renewing: Promise<unknown> = Promise.resolve()

  const renewWhenChanged = async (): Promise<boolean> => {
    const found = readTls(certPath, keyPath) ?? known
    reported = undefined
    if (renew === undefined || (found.cert === known.cert && found.key === known.key)) return false
    await renew(found)
    known = found
    return true
  }

  /** One after another: two at once would start two servers. */
  const renewNow = (): Promise<boolean> => {
    const renewed = renewing.then(renewWhenChanged)
    renewing = renewed.catch(() => undefined)
    return renewed
  }

  const check = async (): Promise<void> => {
    try {
      if (await renewNow()) report(undefined)
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause)
      if (problem !== reported) report(problem)
      reported = problem
    }
  }

  return {
    renewNow,
    renewals: (use) => {
      renew = use
      const timer = setInterval(() => void check(), intervalMs)
      timer.unref()
      return () => {
        clearInterval(timer)
        renew = undefined
      }
    }
  }
}

const misconfigured = (message: string): Failure => new Failure({ reason: "misconfigured", message })

const read = (name: string, path: string): string =>
  attempt(`${name}: the file ${path} cannot be read.`, () => readFileSync(path, "utf8"))

const attempt = <A>(sentence: string, work: () => A): A => {
  try {
    return work()
  } catch {
    throw misconfigured(sentence)
  }
}
