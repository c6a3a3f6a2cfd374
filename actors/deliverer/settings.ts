/** The settings of calls to targets; those of claims are in actors/runtime/inbox/deliveries.ts. */
import { Config, Duration, Effect, Redacted } from "effect"
import { readAllowList } from "../../bridge/outgoing-http/address-guard.ts"
import { Failure } from "../../contracts/failure.ts"
import { secret, setting } from "../../contracts/setting.ts"
import { duration } from "../../contracts/setting-readers.ts"
import { signingKeys } from "./sign.ts"

export const deliverTimeout = setting(
  "DELIVER_TIMEOUT",
  duration("seconds", 100),
  Duration.seconds(10),
  "How long a call of a rule may take, with DNS, redirects and the whole answer; a rule may set its own timeout.",
  "10s"
)
export const webhookSecret = secret(
  "WEBHOOK_SECRET",
  "Signs the calls of rules as Standard Webhooks does: whsec_ and base64. Several, separated by spaces, all sign, so that receivers can change from one to the next. Unset: calls are not signed."
)
export const webhookAllow = setting(
  "WEBHOOK_ALLOW",
  Config.String,
  "",
  "Addresses, CIDR blocks and host names that rules may call although they are not public, separated by commas, like 10.1.0.0/16,storage.internal.",
  ""
)

export const callSettings = [deliverTimeout, webhookSecret, webhookAllow]

/** The allow list; fails with one sentence. */
export const readWebhookAllow = Effect.flatMap(webhookAllow.config, (text) =>
  Effect.try({ try: () => readAllowList(text), catch: (cause) => cause as Failure })
)

/** Fails with one sentence for a secret that cannot sign. */
export const checkWebhookSecret = Effect.flatMap(webhookSecret.config, (text) =>
  text === undefined || signingKeys(Redacted.value(text)) !== undefined
    ? Effect.void
    : Effect.fail(
        new Failure({
          reason: "misconfigured",
          message:
            "WEBHOOK_SECRET must be whsec_ and the base64 of 24 to 64 bytes; several are separated by spaces."
        })
      )
)
