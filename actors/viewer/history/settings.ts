/** The viewer's settings of its history: where test events are sent. */
import { Config } from "effect"
import { optional } from "../../../contracts/setting.ts"

export const gatewayUrl = optional(
  "GATEWAY_URL",
  Config.String,
  "URL of the gateway that the viewer sends test events to, like http://gateway:5222. Unset: the gateway of the same process, else GATEWAY_PORT on this machine."
)
