/** The settings of what the viewer tells of the past and sends as a test. */
import { Config } from "effect"
import { optional } from "../../../contracts/setting.ts"

export const gatewayUrl = optional(
  "GATEWAY_URL",
  Config.String,
  "Where the viewer sends test events, like http://gateway:5222. Unset: the gateway of its own process, else this machine on GATEWAY_PORT."
)
