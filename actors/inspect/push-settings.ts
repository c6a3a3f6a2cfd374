/** The setting of Web Push that the viewer's page and the deliverer share. Pure. */
import { Config } from "effect"
import { optional } from "../../contracts/setting.ts"

export const vapidPublicKey = optional(
  "VAPID_PUBLIC_KEY",
  Config.String,
  "The public key that push services and browsers know this installation by (VAPID), base64url; `spoor push-keys` makes a pair."
)
