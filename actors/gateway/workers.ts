/** Several gateways on one machine that share its port, each with figures and health on a port of its own. */
import { once } from "node:events"
import { createServer } from "node:net"
import { Effect } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import { gatewayHost, gatewayPort, gatewaySharePort } from "../../gateway/settings.ts"
import { opsPort } from "../system/settings.ts"

/**
 * What each of so many workers has in its environment: the one port, and OPS_PORT, OPS_PORT + 1 and so on. Fails when
 * somebody else listens on the port: who shares it by mistake would take a part of the events.
 */
export const gatewayEnvironments = Effect.fnUntraced(function* (workers: number) {
  const settings = yield* readAll({ gatewayPort, gatewayHost, opsPort })
  const port = yield* Effect.tryPromise({
    try: () => freePort(settings.gatewayPort, settings.gatewayHost),
    catch: (cause) =>
      new Failure({
        reason: "unavailable",
        message: `Port ${settings.gatewayPort} cannot be opened on ${settings.gatewayHost}: ${cause instanceof Error ? cause.message : String(cause)}`
      })
  })
  return Array.from({ length: workers }, (_, worker) => ({
    [gatewayPort.name]: String(port),
    [gatewaySharePort.name]: "true",
    [opsPort.name]: String(settings.opsPort === 0 ? 0 : settings.opsPort + worker)
  }))
})

/** The port itself, or a free one for 0. Rejects when somebody listens there. */
const freePort = async (port: number, host: string): Promise<number> => {
  const server = createServer().listen({ port, host })
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : port
}
