/** The check of proxies for a server of this process, with its settings and its log. */
import { Effect } from "effect"
import { readAll } from "../../contracts/setting.ts"
import { proxyCheck } from "../../gateway/http/proxy-check.ts"
import { addressHeadersSetting, trustedProxies } from "../../gateway/http/proxy-settings.ts"

/** Made once for a server; what it makes is shown every request, and warns once. */
export const makeProxyCheck = Effect.gen(function* () {
  const settings = yield* readAll({ trusted: trustedProxies, believed: addressHeadersSetting })
  const run = Effect.runForkWith(yield* Effect.context<never>())
  return proxyCheck({ ...settings, warn: (sentence) => void run(Effect.logWarning(sentence)) })
})
