/** A gateway with guards and privacy for tests, without a socket: records its lines and counts. */
import type { ByteString } from "../../contracts/event.ts"
import { Topic } from "../../contracts/ids.ts"
import { type GatewayOptions, gatewayApp } from "../../gateway/app.ts"
import { guardsOf } from "../../gateway/guard/chain.ts"
import { type Rate, rateOf } from "../../gateway/guard/rate.ts"
import { rateLimits } from "../../gateway/guard/rate-limits.ts"
import { writeKeys } from "../../gateway/guard/write-keys.ts"
import { type PrivacySettings, privacyOf } from "../../gateway/privacy/privacy.ts"

export const noon = 1_795_262_400_000

export interface Given {
  /** The value of WRITE_KEYS; `events` is the default topic, `shop` and `clicks` are allowed. */
  readonly keys?: string
  readonly perAddress?: string
  readonly perKey?: string
  readonly privacy?: Partial<PrivacySettings>
  readonly more?: Partial<GatewayOptions>
}

const readRate = (text: string | undefined): Rate | undefined =>
  text === undefined ? undefined : rateOf(text)

export const guardedGateway = ({ keys, perAddress, perKey, privacy, more }: Given = {}) => {
  const lines: Array<string> = []
  const counted: Array<string> = []
  const clock = { now: noon }
  const countRefused = (reason: string): void => void counted.push(reason)
  const find =
    keys === undefined ? undefined : writeKeys(keys, Topic.make("events"), new Set(["shop", "clicks"]))
  if (typeof find === "string") throw new Error(find)
  const limits = rateLimits({
    perAddress: readRate(perAddress),
    perKey: readRate(perKey),
    isShared: false,
    countRefused,
    now: () => clock.now
  })
  const app = gatewayApp({
    push: async (line: ByteString) => void lines.push(line),
    operations: {
      live: () => new Response("live"),
      ready: () => new Response("ready"),
      metrics: () => new Response("metrics")
    },
    settings: { trustedProxies: "127.0.0.0/8", podName: undefined },
    now: () => clock.now,
    ...guardsOf(limits, find, countRefused),
    privacy: privacyOf({
      policy: undefined,
      mask: undefined,
      anonymousHeaders: [],
      visitor: undefined,
      count: (outcome, reason) => void counted.push(`${outcome} ${reason}`),
      ...privacy
    }),
    ...more
  })
  const ask = async (target: string, init: RequestInit & { address?: string } = {}): Promise<Response> => {
    const { address = "203.0.113.9", ...rest } = init
    const request = new Request(`http://trk.example.com${target}`, rest)
    if (!request.headers.has("host")) request.headers.set("host", "trk.example.com")
    return app.fetch(request, { address })
  }
  return { ask, app, lines, counted, clock }
}
