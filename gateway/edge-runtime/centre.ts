/** Chooses the way to the centre by the settings: NATS in a WebSocket, or signed HTTP. */
import { type Config, Effect, Redacted } from "effect"
import { httpCentre } from "../../bridge/edge-centre/http.ts"
import { natsCentre } from "../../bridge/edge-centre/nats.ts"
import type { EdgeCentre } from "../../bridge/edge-centre/service.ts"
import { type NatsAddress, parseNatsUrl } from "../../bridge/message-bus/nats/url.ts"
import { busSecret, natsCreds, natsInboxPrefix, natsNkey, natsUrl } from "../../bridge/settings.ts"
import { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import { edgeCentre, edgeSecret, isCentreUrl, secretsIn } from "../edge/settings.ts"
import { edgeLinesPath, signatureHeader, signBody } from "../edge/signature.ts"

/** The settings that `openEdgeCentre` reads. */
export const edgeCentreSettings = [
  edgeCentre,
  edgeSecret,
  natsUrl,
  natsCreds,
  natsNkey,
  natsInboxPrefix,
  busSecret
]

/** The address of the centre's gateway; undefined for any other text. */
export const centreUrl = (text: string): URL | undefined => (isCentreUrl(text) ? new URL(text) : undefined)

/** Fails with `misconfigured` when the settings cannot work; never because the centre is away: it is asked by the first push. */
export const openEdgeCentre: Effect.Effect<EdgeCentre, Failure | Config.ConfigError> = Effect.gen(
  function* () {
    const settings = yield* readAll({
      edgeCentre,
      edgeSecret,
      natsUrl,
      natsCreds,
      natsNkey,
      natsInboxPrefix,
      busSecret
    })
    if (settings.edgeCentre === undefined)
      return yield* misconfigured(
        "EDGE_CENTRE is not set: write nats, or the address of a gateway of the centre."
      )
    const url = centreUrl(settings.edgeCentre)
    if (url === undefined) {
      const { servers, login } = yield* webSocketServers(textOf(settings.natsUrl))
      const creds = settings.natsCreds
      if (creds !== undefined && !creds.includes("-----BEGIN NATS USER JWT-----"))
        return yield* misconfigured(
          "NATS_CREDS must be the text of a credentials file: an edge has no files."
        )
      const nkey = textOf(settings.natsNkey)
      if (nkey !== undefined && !/^SU[A-Z2-7]{56}$/.test(nkey.trim()))
        return yield* misconfigured("NATS_NKEY must be the seed of a NATS user: an edge has no files.")
      const { natsInboxPrefix: inboxPrefix } = settings
      const busKey = textOf(settings.busSecret) || undefined
      return natsCentre({ servers, login, creds, nkey, inboxPrefix, busSecret: busKey })
    }
    const [signed = ""] = secretsIn(textOf(settings.edgeSecret) ?? "")
    if (signed === "")
      return yield* misconfigured("EDGE_CENTRE over HTTP requires EDGE_SECRET, the same as in the centre.")
    return httpCentre(new URL(edgeLinesPath, url), (body) => ({
      [signatureHeader]: signBody(signed, Math.floor(Date.now() / 1000), body)
    }))
  }
)

const textOf = (value: Redacted.Redacted<string> | undefined): string | undefined =>
  value === undefined ? undefined : Redacted.value(value)

const webSocketServers = Effect.fnUntraced(function* (
  text: string | undefined
): Effect.fn.Return<NatsAddress, Failure> {
  const address = text === undefined ? undefined : yield* parseNatsUrl(text)
  return address?.isWebSocket === true
    ? address
    : yield* misconfigured(
        "EDGE_CENTRE=nats requires NATS_URL with ws:// or wss:// servers, like wss://user:password@nats.example.com:443: an edge reaches NATS only over a WebSocket."
      )
})

const misconfigured = (message: string) => Effect.fail(new Failure({ reason: "misconfigured", message }))
