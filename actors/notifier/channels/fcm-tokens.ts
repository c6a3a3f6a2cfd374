/**
 * Access tokens of Google for a service account: a signed JWT is exchanged for a token that lasts an hour (RFC 7523). Keeps
 * the token until a minute before its end; lives as long as the deliverer that made it.
 */
import { createPrivateKey, type KeyObject, sign } from "node:crypto"
import { Effect, Schema } from "effect"
import { Failure } from "../../../contracts/failure.ts"

/** The parts of Google's JSON file that are needed. */
const ServiceAccount = Schema.Struct({
  client_email: Schema.NonEmptyString,
  private_key: Schema.NonEmptyString,
  token_uri: Schema.NonEmptyString,
  project_id: Schema.optionalKey(Schema.String),
  private_key_id: Schema.optionalKey(Schema.String)
})

export interface ServiceAccountKey {
  readonly email: string
  readonly tokenUrl: string
  readonly project: string | undefined
  readonly keyId: string | undefined
  readonly key: KeyObject
}

const isAccount = Schema.is(ServiceAccount)

/** Throws `Failure` "misconfigured" for a text that is not the key of a service account. */
export const readServiceAccount = (text: string): ServiceAccountKey => {
  const misconfigured = (message: string): Failure => new Failure({ reason: "misconfigured", message })
  let account: unknown
  try {
    account = JSON.parse(text)
  } catch {
    throw misconfigured(
      "FCM_SERVICE_ACCOUNT is not JSON: give the file that Google made for the service account."
    )
  }
  if (!isAccount(account) || !URL.canParse(account.token_uri))
    throw misconfigured(
      "FCM_SERVICE_ACCOUNT needs client_email, private_key and token_uri, as Google made it."
    )
  try {
    return {
      email: account.client_email,
      tokenUrl: account.token_uri,
      project: account.project_id,
      keyId: account.private_key_id,
      key: createPrivateKey(account.private_key)
    }
  } catch {
    throw misconfigured("FCM_SERVICE_ACCOUNT has a private_key that is not a private key in PEM.")
  }
}

const scope = "https://www.googleapis.com/auth/firebase.messaging"

/** Validity of the JWT, and how long before its end a token is not used any longer, seconds. */
const assertionSeconds = 600
const marginSeconds = 60

const timeoutMs = 10_000

/** The JWT that asks for a token. `now`: seconds since 1970. */
export const assertionOf = ({ email, tokenUrl, keyId, key }: ServiceAccountKey, now: number): string => {
  const header = { alg: "RS256", typ: "JWT", ...(keyId === undefined ? {} : { kid: keyId }) }
  const claims = { iss: email, scope, aud: tokenUrl, iat: now, exp: now + assertionSeconds }
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".")
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}`
}

const Token = Schema.Struct({ access_token: Schema.NonEmptyString, expires_in: Schema.Finite })
const isToken = Schema.is(Token)

/** The token of the moment. Calls at the same time share one exchange. Fails with `unavailable` when Google gives none. */
export const makeFcmTokens = (account: ServiceAccountKey): Effect.Effect<string, Failure> => {
  let current: { readonly token: string; readonly until: number } | undefined
  let asked: Promise<string> | undefined

  const exchange = async (): Promise<string> => {
    const now = Date.now() / 1_000
    const response = await fetch(account.tokenUrl, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: assertionOf(account, Math.floor(now))
      }),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs)
    })
    const answer: unknown = await response.json().catch(() => undefined)
    if (!response.ok || !isToken(answer))
      throw new Error(`status ${response.status}${response.ok ? " without a token" : ""}`)
    current = { token: answer.access_token, until: now + answer.expires_in - marginSeconds }
    return answer.access_token
  }

  return Effect.tryPromise({
    try: () => {
      if (current !== undefined && current.until > Date.now() / 1_000) return Promise.resolve(current.token)
      asked ??= exchange().finally(() => {
        asked = undefined
      })
      return asked
    },
    catch: (cause) =>
      new Failure({
        reason: "unavailable",
        message: `No access token for the account of FCM_SERVICE_ACCOUNT: ${cause instanceof Error ? cause.message : String(cause)}`
      })
  })
}
