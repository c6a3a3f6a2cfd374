/** Certificates in settings: files or their text, checked at the start, read again later. */
import { describe, expect, test } from "bun:test"
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect } from "effect"
import { kafkaTls } from "../../bridge/settings.ts"
import { readTlsFiles, tlsAdvice } from "../../bridge/tls-files.ts"
import type { Failure } from "../../contracts/failure.ts"
import { makeAuthority } from "../support/certificates.ts"

const authority = makeAuthority()
const [one, other] = [authority.sign("one"), authority.sign("other")]
const folder = mkdtempSync(join(tmpdir(), "spoor-tls-"))
const text = (path: string): string => readFileSync(path, "utf8")

const reading = (settings: Record<string, string>) =>
  readTlsFiles(kafkaTls).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(settings))
  )
const read = (settings: Record<string, string>) => Effect.runSync(reading(settings))
const refused = (settings: Record<string, string>): string => {
  const failure = Effect.runSync(Effect.flip(reading(settings))) as Failure
  expect(failure.reason).toBe("misconfigured")
  return failure.message
}

test("nothing is set", () => {
  expect(read({})).toBeUndefined()
  expect(read({ KAFKA_CA: " " })).toBeUndefined()
})

test("paths and texts mean the same; a file may hold several authorities", () => {
  const bundle = join(folder, "bundle.pem")
  const second = makeAuthority("Another")
  writeFileSync(bundle, `# the first\n${text(authority.ca)}\n# the second\n${text(second.ca)}`)
  const [first = "", last = ""] = read({ KAFKA_CA: bundle })?.().ca ?? []
  expect([first, last]).toEqual([text(authority.ca).trim(), text(second.ca).trim()])
  const byPath = read({ KAFKA_CA: authority.ca, KAFKA_CERT: one.cert, KAFKA_KEY: one.key })?.()
  const byText = read({
    KAFKA_CA: text(authority.ca),
    KAFKA_CERT: text(one.cert),
    KAFKA_KEY: text(one.key)
  })?.()
  expect(byPath?.ca).toEqual(byText?.ca ?? [])
  expect(byPath?.cert?.trim()).toBe(byText?.cert ?? "")
  expect(byPath?.key?.trim()).toBe(byText?.key ?? "")
})

describe("a file that cannot be used ends the start with one sentence", () => {
  const none = join(folder, "none.pem")
  const empty = join(folder, "empty.pem")
  writeFileSync(empty, "no certificate")
  const secret = `-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----`

  test.each([
    [{ KAFKA_CA: none }, `KAFKA_CA names the file "${none}", which cannot be read (ENOENT)`],
    [{ KAFKA_CA: empty }, `KAFKA_CA (${empty}) holds no PEM certificate.`],
    [{ KAFKA_CERT: one.cert }, "KAFKA_CERT needs KAFKA_KEY too"],
    [{ KAFKA_KEY: one.key }, "KAFKA_KEY needs KAFKA_CERT too"],
    [{ KAFKA_CERT: empty, KAFKA_KEY: one.key }, `KAFKA_CERT (${empty}) holds no PEM certificate.`],
    [{ KAFKA_CERT: one.cert, KAFKA_KEY: empty }, `KAFKA_KEY (${empty}) holds no PEM private key`],
    [{ KAFKA_CERT: one.cert, KAFKA_KEY: secret }, "KAFKA_KEY holds no PEM private key"],
    [{ KAFKA_CERT: one.cert, KAFKA_KEY: other.key }, "does not match the certificate in KAFKA_CERT"]
  ] as ReadonlyArray<[Record<string, string>, string]>)("%p", (settings, sentence) => {
    const message = refused(settings)
    expect(message).toContain(sentence)
    expect(message).not.toContain("s3cret")
  })
})

test("a renewed pair is used without a restart, half of one is not", () => {
  const [cert, key] = [join(folder, "renewed.pem"), join(folder, "renewed.key")]
  copyFileSync(one.cert, cert)
  copyFileSync(one.key, key)
  const source = read({ KAFKA_CERT: cert, KAFKA_KEY: key })
  copyFileSync(other.cert, cert)
  expect(source?.().cert).toBe(text(one.cert))
  copyFileSync(other.key, key)
  expect(source?.()).toEqual({ cert: text(other.cert), key: text(other.key) })
})

test("what to do about a handshake that failed", () => {
  expect(tlsAdvice("self-signed certificate in certificate chain", "NATS")).toContain("NATS_CA")
  expect(tlsAdvice("unable to verify the first certificate", "REDIS")).toContain("REDIS_CA")
  expect(tlsAdvice("tlsv13 alert certificate required", "KAFKA")).toContain("KAFKA_CERT")
  expect(tlsAdvice("SSL routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA", "REDIS")).toContain("REDIS_KEY")
  expect(tlsAdvice("Hostname/IP does not match certificate's altnames", "NATS")).toContain("host name")
  expect(tlsAdvice("connect ECONNREFUSED 127.0.0.1:1", "KAFKA")).toBeUndefined()
})
