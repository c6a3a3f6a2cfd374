import { describe, expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { serve } from "../../../gateway/http/serve.ts"
import { readTls, tlsRenewals } from "../../../gateway/http/tls.ts"
import { makeCertificate } from "../../support/certificate.ts"
import { eventually } from "../../support/eventually.ts"
import { needsProgram } from "../../support/server.ts"

const hasOpenssl = needsProgram("openssl", "Install openssl.", ["version"])

describe.skipIf(!hasOpenssl)("TLS", () => {
  const { cert, key } = hasOpenssl ? makeCertificate() : { cert: "", key: "" }

  test("is served with the certificate of the two files", async () => {
    const tls = readTls(cert, key)
    if (tls === undefined) throw new Error("The certificate was not read.")
    const server = await serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => new Response(new URL(request.url).protocol),
      tls
    })
    const url = `127.0.0.1:${server.port}/t/x`
    const answer = await fetch(`https://${url}`, { tls: { ca: readFileSync(cert, "utf8") } })
    expect(await answer.text()).toBe("https:")
    expect(await fetch(`https://${url}`).catch(() => "not trusted")).toBe("not trusted")
    const plain = await fetch(`http://${url}`).catch(() => undefined)
    expect(plain?.ok).not.toBe(true)
    await server.close()
  })

  test("uses a renewed certificate without a restart; an invalid one changes nothing", async () => {
    const [before, after] = [makeCertificate(), makeCertificate()]
    const tls = readTls(before.cert, before.key)
    if (tls === undefined) throw new Error("The certificate was not read.")
    const reports: Array<string | undefined> = []
    const { renewals } = tlsRenewals(
      before.cert,
      before.key,
      tls,
      (problem) => void reports.push(problem),
      20
    )
    const server = await serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (_, { address }) => new Response(address),
      tls: { ...tls, renewals },
      connectionGuard: { maxConnections: 10, requestTimeoutMs: 5_000, countRefused: () => {} }
    })
    const url = `https://127.0.0.1:${server.port}/`
    const ask = (trusted: string): Promise<string> =>
      fetch(url, { tls: { ca: trusted }, keepalive: false }).then(
        (answer) => answer.text(),
        () => "not trusted"
      )
    const next = readFileSync(after.cert, "utf8")
    expect([await ask(tls.cert), await ask(next)]).toEqual(["127.0.0.1", "not trusted"])

    writeFileSync(before.cert, next)
    await eventually("a certificate without its key is reported", () => reports.length === 1)
    expect(reports[0]).toContain("does not match the certificate")
    expect(await ask(tls.cert)).toBe("127.0.0.1")

    writeFileSync(before.key, readFileSync(after.key))
    await eventually("the new certificate is reported", () => reports.length === 2)
    expect(reports[1]).toBeUndefined()
    expect([await ask(tls.cert), await ask(next)]).toEqual(["not trusted", "127.0.0.1"])
    await server.stop()
  })

  test("is off when both settings are unset", () => {
    expect(readTls(undefined, undefined)).toBeUndefined()
  })

  test("with invalid files fails the start with one sentence", () => {
    const other = makeCertificate()
    const empty = `${cert}.empty`
    writeFileSync(empty, "nothing")
    const cases: ReadonlyArray<readonly [string | undefined, string | undefined, string]> = [
      [cert, undefined, "TLS requires both TLS_CERT and TLS_KEY; only one of them is set."],
      [undefined, key, "TLS requires both TLS_CERT and TLS_KEY; only one of them is set."],
      [`${cert}.missing`, key, `TLS_CERT: the file ${cert}.missing cannot be read.`],
      [cert, `${key}.missing`, `TLS_KEY: the file ${key}.missing cannot be read.`],
      [empty, key, `TLS_CERT: ${empty} is not a PEM certificate.`],
      [cert, empty, `TLS_KEY: ${empty} is not a PEM private key without a password.`],
      [
        cert,
        other.key,
        `The key in ${other.key} (TLS_KEY) does not match the certificate in ${cert} (TLS_CERT).`
      ]
    ]
    for (const [certPath, keyPath, sentence] of cases)
      expect(() => readTls(certPath, keyPath)).toThrow(sentence)
  })
})
