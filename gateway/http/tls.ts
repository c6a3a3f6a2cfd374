/** The certificate and key of the gateway: read at the start, and again and again, since they are renewed while it runs. */
import { createPrivateKey, X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { Failure } from "../../contracts/failure.ts"
import type { Tls } from "./server-types.ts"

export type Renewals = (renew: (tls: Tls) => Promise<void>) => () => void

/**
 * Reads the two files; undefined when neither is named. Throws `Failure` "unreadable" with one sentence when only one
 * is, when a file cannot be read or holds something else, and when key and certificate do not belong together.
 */
export const readTls = (certPath: string | undefined, keyPath: string | undefined): Tls | undefined => {
  if (certPath === undefined && keyPath === undefined) return undefined
  if (certPath === undefined || keyPath === undefined) {
    throw misconfigured("TLS needs both TLS_CERT and TLS_KEY; only one of them is set.")
  }
  const cert = read("TLS_CERT", certPath)
  const key = read("TLS_KEY", keyPath)
  const certificate = attempt(
    `TLS_CERT: ${certPath} holds no certificate in PEM form.`,
    () => new X509Certificate(cert)
  )
  const privateKey = attempt(`TLS_KEY: ${keyPath} holds no private key in PEM form without a password.`, () =>
    createPrivateKey(key)
  )
  if (!certificate.checkPrivateKey(privateKey)) {
    throw misconfigured(
      `The key in ${keyPath} (TLS_KEY) does not belong to the certificate in ${certPath} (TLS_CERT).`
    )
  }
  return { cert, key }
}

/** Between two looks at the files, milliseconds. */
const pause = 10_000

/**
 * Looks whether the files hold another pair than `first`, until what it returned is called; one that is sound is
 * renewed. `say` is told of each, and once of what keeps a new one from being used; the old one serves on meanwhile.
 */
export const tlsRenewals =
  (
    certPath: string,
    keyPath: string,
    first: Tls,
    say: (problem: string | undefined) => void,
    every = pause
  ): Renewals =>
  (renew) => {
    let known = first
    let before: string | undefined

    const look = async (): Promise<void> => {
      try {
        const found = readTls(certPath, keyPath) ?? known
        before = undefined
        if (found.cert === known.cert && found.key === known.key) return
        await renew(found)
        known = found
        say(undefined)
      } catch (cause) {
        const problem = cause instanceof Error ? cause.message : String(cause)
        if (problem !== before) say(problem)
        before = problem
      }
    }

    let isLooking = false
    const timer = setInterval(() => {
      if (isLooking) return
      isLooking = true
      void look().finally(() => {
        isLooking = false
      })
    }, every)
    timer.unref()
    return () => clearInterval(timer)
  }

const misconfigured = (message: string): Failure => new Failure({ reason: "unreadable", message })

const read = (name: string, path: string): string =>
  attempt(`${name}: the file ${path} cannot be read.`, () => readFileSync(path, "utf8"))

const attempt = <A>(sentence: string, work: () => A): A => {
  try {
    return work()
  } catch {
    throw misconfigured(sentence)
  }
}
