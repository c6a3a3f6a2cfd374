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

/**
 * Checks the files for a new pair, until the returned function is called, and renews the server with each valid one.
 * `report` is called with undefined for each renewal, and once with the problem of an invalid pair; the server then keeps
 * the previous certificate.
 */
export const tlsRenewals =
  (
    certPath: string,
    keyPath: string,
    first: Tls,
    report: (problem: string | undefined) => void,
    intervalMs = checkIntervalMs
  ): Renewals =>
  (renew) => {
    let known = first
    let reported: string | undefined

    const check = async (): Promise<void> => {
      try {
        const found = readTls(certPath, keyPath) ?? known
        reported = undefined
        if (found.cert === known.cert && found.key === known.key) return
        await renew(found)
        known = found
        report(undefined)
      } catch (cause) {
        const problem = cause instanceof Error ? cause.message : String(cause)
        if (problem !== reported) report(problem)
        reported = problem
      }
    }

    let isChecking = false
    const timer = setInterval(() => {
      if (isChecking) return
      isChecking = true
      void check().finally(() => {
        isChecking = false
      })
    }, intervalMs)
    timer.unref()
    return () => clearInterval(timer)
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
