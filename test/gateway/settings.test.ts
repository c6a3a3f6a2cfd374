import { expect, test } from "bun:test"
import { ConfigProvider, Effect } from "effect"
import { readAll } from "../../contracts/setting.ts"
import { trustedProxies } from "../../gateway/http/proxy-settings.ts"
import * as settings from "../../gateway/settings.ts"

const read = (environment: Record<string, string>) =>
  Effect.runPromise(
    readAll({ port: settings.gatewayPort, proxies: trustedProxies, pod: settings.podName }).pipe(
      Effect.mapError((error) => error.message),
      Effect.flip,
      Effect.catch(Effect.succeed),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(environment))
    )
  )

test("every setting has a default", async () => {
  expect(await read({})).toEqual({ port: 5222, proxies: "127.0.0.0/8,::1", pod: undefined })
})

test("settings are applied", async () => {
  expect(await read({ GATEWAY_PORT: "0", TRUSTED_PROXIES: "none", POD_NAME: "p-1" })).toEqual({
    port: 0,
    proxies: "none",
    pod: "p-1"
  })
})

test("an invalid setting is refused by name", async () => {
  expect(await read({ TRUSTED_PROXIES: "10.0.0.0/8, proxy" })).toContain('"proxy"')
  expect(await read({ POD_NAME: "two words" })).toContain("one word")
})
