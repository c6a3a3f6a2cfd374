/** The certificate and key of the gateway, read once at the start: a new certificate needs a new start. */
import { createPrivateKey, X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { Failure } from "../contracts/failure.ts"

/** PEM texts. */
export interface Tls {
  readonly cert: string
  readonly key: string
}

/**
 * Reads the two files; undefined when neither is named. Throws `Failure` "unreadable" with one sentence when only one
 * is, when a file cannot be read or holds something else, and when key and certificate do not belong together.
 */
export const readTls = (certPath: string | undefined, keyPath: string | undefined): Tls | undefined => {
  if (certPath === undefined && keyPath === undefined) return undefined
  if (certPath === undefined || keyPath === undefined) {
    throw unusable("TLS needs both TLS_CERT and TLS_KEY; only one of them is set.")
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
    throw unusable(
      `The key in ${keyPath} (TLS_KEY) does not belong to the certificate in ${certPath} (TLS_CERT).`
    )
  }
  return { cert, key }
}

const unusable = (message: string): Failure => new Failure({ reason: "unreadable", message })

const read = (name: string, path: string): string =>
  attempt(`${name}: the file ${path} cannot be read.`, () => readFileSync(path, "utf8"))

const attempt = <A>(sentence: string, work: () => A): A => {
  try {
    return work()
  } catch {
    throw unusable(sentence)
  }
}
