/** The check for unconfigured proxies, with the settings and the log of this process. Lives as long as its server. */
import { Effect } from "effect"
import { readAll } from "../../contracts/setting.ts"
import { proxyCheck } from "../../gateway/http/proxy-check.ts"
import { addressHeadersSetting, trustedProxies } from "../../gateway/http/proxy-settings.ts"

/** Makes the check for one server. It is called with each request and warns once. */
export const makeProxyCheck = Effect.gen(function* () {
  const settings = yield* readAll({ trusted: trustedProxies, addressHeaders: addressHeadersSetting })
  const run = Effect.runForkWith(yield* Effect.context<never>())
  return proxyCheck({ ...settings, warn: (sentence) => void run(Effect.logWarning(sentence)) })
})
