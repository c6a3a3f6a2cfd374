/**
 * The keys that sign calls: those of WEBHOOK_SECRET, or of the secret that a rule names. Replaced while the deliverer runs:
 * of WEBHOOK_SECRET at SIGHUP, of a rule's secret with its file.
 */
import type { Buffer } from "node:buffer"
import { Effect } from "effect"
import { replaceableSecret } from "../runtime/replaceable-secret.ts"
import { checkWebhookSecret, webhookSecret } from "./settings.ts"
import { signingKeys } from "./sign.ts"

export interface SigningKeys {
  /** The keys for the `sign` of a call; a sentence when it names a secret that cannot sign. */
  readonly of: (sign: string | undefined) => ReadonlyArray<Buffer> | string
}

/** `secretOf`: the secret of rules of that name. Fails with "misconfigured" for a WEBHOOK_SECRET that cannot sign. */
export const makeSigningKeys = (secretOf: (name: string) => string | undefined) =>
  Effect.gen(function* () {
    yield* checkWebhookSecret
    const { value } = yield* replaceableSecret(webhookSecret)
    let standard: ReadonlyArray<Buffer> = []
    let readFrom: string | undefined
    /** A new value that cannot sign is not used: the old keys stay. */
    const current = (): ReadonlyArray<Buffer> => {
      const text = value()
      if (text !== readFrom) {
        readFrom = text
        standard = (text === undefined ? [] : signingKeys(text)) ?? standard
      }
      return standard
    }
    const keys: SigningKeys = {
      of: (sign) => {
        if (sign === "none") return []
        if (sign === undefined) return current()
        const secret = secretOf(sign)
        return (
          (secret === undefined ? undefined : signingKeys(secret)) ??
          `sign names the secret ${sign}: set RULES_SECRET_${sign} to whsec_ and the base64 of 24 to 64 bytes`
        )
      }
    }
    return keys
  })
