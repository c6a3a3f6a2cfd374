/**
 * Certificates for the connections to one kind of server (REDIS_CA, NATS_CERT, KAFKA_KEY …): checked at the start, and
 * read again for each connection, so that a renewed certificate needs no restart.
 */
import { createPrivateKey, X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { type Config, Effect, Redacted } from "effect"
import { Failure } from "../contracts/failure.ts"
import { readAll, type Setting } from "../contracts/setting.ts"

/** PEM texts, as TLS libraries take them. Authorities replace those of the system. */
export interface TlsFiles {
  readonly ca?: Array<string>
  readonly cert?: string
  readonly key?: string
}

/** The texts as they are now; the last valid ones while a file is missing or invalid. Never throws. */
export type TlsSource = () => TlsFiles

/** Each setting holds the path of a PEM file, or the PEM text itself, as a file named by `<NAME>_FILE` provides it. */
export interface TlsSettings {
  readonly ca: Setting<string | undefined>
  readonly cert: Setting<string | undefined>
  readonly key: Setting<Redacted.Redacted<string> | undefined>
}

/**
 * Returns undefined when none of the settings is set. Fails with `misconfigured` and one sentence for a file that cannot
 * be read, is not PEM, or lacks its counterpart.
 */
export const readTlsFiles = (
  settings: TlsSettings
): Effect.Effect<TlsSource | undefined, Failure | Config.ConfigError> =>
  Effect.flatMap(readAll({ ca: settings.ca, cert: settings.cert, key: settings.key }), (values) => {
    const given: Given = {
      ca: named(settings.ca, values.ca),
      cert: named(settings.cert, values.cert),
      key: named(settings.key, values.key === undefined ? undefined : Redacted.value(values.key))
    }
    if (given.ca === undefined && given.cert === undefined && given.key === undefined)
      return Effect.succeed(undefined)
    for (const [one, other] of [
      ["cert", "key"],
      ["key", "cert"]
    ] as const)
      if (given[one] !== undefined && given[other] === undefined)
        return misconfigured(
          `${settings[one].name} needs ${settings[other].name} too: set both the client certificate and its private key, or neither.`
        )
    return Effect.try({
      try: () => source(given),
      catch: (error) => new Failure({ reason: "misconfigured", message: String((error as Error).message) })
    })
  })

const misconfigured = (message: string) => Effect.fail(new Failure({ reason: "misconfigured", message }))

/** A setting's name and its value. */
interface Named {
  readonly name: string
  readonly value: string
}

type Given = { readonly [Name in keyof TlsSettings]: Named | undefined }

const named = ({ name }: { readonly name: string }, value: string | undefined): Named | undefined =>
  value === undefined || value.trim() === "" ? undefined : { name, value: value.trim() }

const source = (given: Given): TlsSource => {
  let last = valid(given)
  return () => {
    try {
      last = valid(given)
    } catch {
      // A renewal writes several files: the pair may not match for a moment.
    }
    return last
  }
}

const valid = ({ ca, cert, key }: Given): TlsFiles => ({
  ...(ca === undefined ? {} : { ca: authoritiesIn(ca) }),
  ...(cert === undefined || key === undefined ? {} : pairOf(cert, key))
})

const authoritiesIn = (given: Named): Array<string> => {
  const found = pemOf(given).match(certificatePattern) ?? []
  if (found.length === 0) throw new Error(`${placeOf(given)} holds no PEM certificate.`)
  for (const one of found)
    parsed(`${placeOf(given)} holds an invalid certificate.`, () => new X509Certificate(one))
  return [...found]
}

const pairOf = (cert: Named, key: Named): { readonly cert: string; readonly key: string } => {
  const [certText, keyText] = [pemOf(cert), pemOf(key)]
  const certificate = parsed(
    `${placeOf(cert)} holds no PEM certificate.`,
    () => new X509Certificate(certText)
  )
  const privateKey = parsed(`${placeOf(key)} holds no PEM private key without a password.`, () =>
    createPrivateKey(keyText)
  )
  if (!certificate.checkPrivateKey(privateKey))
    throw new Error(
      `The private key in ${key.name} does not match the certificate in ${cert.name}: set a pair that belongs together.`
    )
  return { cert: certText, key: keyText }
}

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The text, or that of the file; also of other files that a setting may hold itself, such as NATS_CREDS. */
export const textOrFile = (name: string, value: string, isText: (value: string) => boolean): string => {
  if (isText(value)) return value
  try {
    return readFileSync(value, "utf8")
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error)
    throw new Error(
      `${name} names the file ${JSON.stringify(value.slice(0, 200))}, which cannot be read (${code}): correct the path, or let the user of this process read it.`
    )
  }
}

const isPem = (value: string): boolean => value.startsWith("-----BEGIN ")

const pemOf = ({ name, value }: Named): string => textOrFile(name, value, isPem)

/** Never the text itself: it may be a private key. */
const placeOf = ({ name, value }: Named): string => (isPem(value) ? name : `${name} (${value})`)

const parsed = <A>(problem: string, parse: () => A): A => {
  try {
    return parse()
  } catch {
    throw new Error(problem)
  }
}

/** What to do about a TLS handshake that failed, as a clause; undefined for any other reason. */
export const tlsAdvice = (reason: string, prefix: "REDIS" | "NATS" | "KAFKA"): string | undefined => {
  // Only the server sends us an alert.
  if (/\balert\b|_ALERT_|CERTIFICATE_REQUIRED/i.test(reason))
    return `the server refuses the client certificate; check ${prefix}_CERT and ${prefix}_KEY`
  if (/self[- ]signed|SELF_SIGNED|unable to (verify|get)|UNABLE_TO_|Unknown ?Issuer/i.test(reason))
    return `the server's certificate is not trusted; set ${prefix}_CA to the certificate of its authority`
  if (/does not match certificate|altname|NotValidForName/i.test(reason))
    return "the server's certificate is for another host name; use a name that it lists"
  if (/certificate (has )?expired|CERT_HAS_EXPIRED/i.test(reason))
    return "the server's certificate has expired; renew it"
  return undefined
}
