/**
 * The ways in which a process of the Python kit logs in to a real NATS: users of deploy/nats/spoor.conf, credentials, TLS
 * with a client certificate, WebSocket.
 */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeAuthority } from "../../support/certificates.ts"
import { eventually } from "../../support/eventually.ts"
import { canStartNats, privateNats } from "../../support/nats.ts"
import { makeJwtAccount } from "../../support/nats-jwt.ts"
import { installedKit } from "../../support/python-kit.ts"
import { freePort } from "../../support/server.ts"
import { type Environment, launchCommand, ownSettings } from "../../support/spoor.ts"

const kit = await installedKit()

/** The answer of /health/ready of an actor with these settings, once it is that status. */
const readiness = async (
  settings: Environment,
  status: number,
  module = "spoor_kit.enricher"
): Promise<string> => {
  const command = [kit?.python ?? "python3", "-m", module]
  const { child, output } = launchCommand(command, ownSettings(settings))
  try {
    const banner = /^ {2}health\s+(\S+)/m
    const url = await eventually("the banner", () => banner.exec(output())?.[1])
    return await eventually(`ready answers ${status}: ${output()}`, async () => {
      const answer = await fetch(url)
      const text = await answer.text()
      return answer.status === status && text
    })
  } finally {
    child.kill("SIGKILL")
  }
}

describe.skipIf(kit === undefined || !canStartNats)("logging in to NATS", () => {
  test("as users of deploy/nats/spoor.conf, with nothing that the server refuses", async () => {
    const file = readFileSync(join(import.meta.dirname, "../../../deploy/nats/spoor.conf"), "utf8")
    const users = Array.from(file.matchAll(/^ +user: (\w+)$/gm), ([, user = ""]) => user)
    const passwords = users.map((user) => `NATS_PASSWORD_${user.toUpperCase()}: "of-${user}"`)
    const nats = await privateNats([...passwords, file].join("\n"))
    await nats.start()
    for (const [user, module] of [
      ["enricher", "spoor_kit.enricher"],
      ["consumer", "spoor_kit.steps.score"]
    ] as const) {
      const settings = {
        NATS_URL: nats.url.replace("//", `//${user}:of-${user}@`),
        NATS_INBOX_PREFIX: `_INBOX.${user}`
      }
      expect(await readiness(settings, 200, module)).toContain('"ready"')
      expect(await readiness({ ...settings, NATS_URL: nats.url }, 503, module)).toContain("check the user")
    }
    await nats.remove()
  }, 60_000)

  test("with a credentials file", async () => {
    const account = makeJwtAccount()
    const nats = await privateNats(account.configuration)
    await nats.start()
    const file = join(mkdtempSync(join(tmpdir(), "spoor-creds-")), "user.creds")
    writeFileSync(file, account.user("enricher"))
    expect(await readiness({ NATS_URL: nats.url, NATS_CREDS: file }, 200)).toContain('"ready"')
    writeFileSync(file, makeJwtAccount().user("a stranger"))
    expect(await readiness({ NATS_URL: nats.url, NATS_CREDS: file }, 503)).toContain("NATS_CREDS")
    await nats.remove()
  }, 60_000)

  test("over WebSocket", async () => {
    const port = await freePort()
    const nats = await privateNats(`websocket { host: "127.0.0.1", port: ${port}, no_tls: true }`)
    await nats.start()
    expect(await readiness({ NATS_URL: `ws://127.0.0.1:${port}` }, 200)).toContain('"ready"')
    await nats.remove()
  }, 60_000)

  test("over TLS, with an own authority and a client certificate", async () => {
    const authority = makeAuthority()
    const [server, client] = [authority.sign("a server"), authority.sign("a client")]
    const nats = await privateNats(
      `tls { cert_file: "${server.cert}", key_file: "${server.key}", ca_file: "${authority.ca}", verify: true, timeout: 5 }`
    )
    await nats.start()
    const url = nats.url.replace("nats://", "tls://")
    const certificate = { NATS_CERT: client.cert, NATS_KEY: client.key }
    expect(await readiness({ NATS_URL: url, NATS_CA: authority.ca, ...certificate }, 200)).toContain(
      '"ready"'
    )
    expect(await readiness({ NATS_URL: url, ...certificate }, 503)).toContain("CERTIFICATE_VERIFY_FAILED")
    await nats.remove()
  }, 60_000)
})
