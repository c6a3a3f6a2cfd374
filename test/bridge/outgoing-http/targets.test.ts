/** What calls do on Bun and on Deno: pinned addresses, redirects, limits of time and size, TLS. */
import { beforeAll, describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { makeCertificate } from "../../support/certificate.ts"
import { denoProgram } from "../../support/deno.ts"

const program = join(import.meta.dirname, "targets.ts")
const deno = denoProgram()
const runtimes = [
  ["Bun", process.execPath, [] as ReadonlyArray<string>],
  ...(deno === undefined ? [] : [["Deno", deno, ["run", "-A"]] as const])
] as const

for (const [runtime, command, args] of runtimes)
  describe(`on ${runtime}`, () => {
    // biome-ignore lint/suspicious/noExplicitAny: the program's output.
    let seen: any
    beforeAll(() => {
      const { cert, key } = makeCertificate()
      const { stdout, stderr } = spawnSync(command, [...args, program, cert, key], {
        encoding: "utf8",
        timeout: 60_000,
        env: { ...process.env, HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1" }
      })
      if (!stdout.startsWith("{")) throw new Error(`${stdout}${stderr}`)
      seen = JSON.parse(stdout)
    }, 90_000)

    test("DNS that changes between check and connection has no effect: it is asked once for a call", () => {
      expect(seen.first).toMatchObject({ status: 200 })
      expect(JSON.parse(seen.first.body).host).toBe(`rebinds.invalid:${seen.port}`)
      expect(seen.afterFirst).toMatchObject({ asked: 1, allowed: 1, refused: 0 })
    })

    test("the next call sees the new address and is refused, and so is a redirect on the way", () => {
      expect(seen.second).toEqual({ reason: "refused address", wasSent: false })
      expect(seen.redirected).toEqual({ reason: "refused address", wasSent: false })
      expect(seen.seen.refused).toBe(0)
    })

    test("connections are used again", () => expect(seen.kept).toBeLessThanOrEqual(1))

    test("a request on one that the target has just closed is sent again on a new one", () => {
      expect(JSON.parse(seen.stale.body)).toMatchObject({ method: "POST", body: "again" })
    })

    test("an answer is read up to 64 KiB, also when it is compressed", () => {
      expect(seen.big).toEqual({ status: 200, body: 65_536, isCut: true })
      expect(seen.bomb).toEqual({ status: 200, body: 65_536, isCut: true })
      expect(seen.gzip).toEqual({ status: 200, body: "unzipped", isCut: false })
    })

    test("an answer without a body, or not compressed although it says so, is an answer all the same", () => {
      for (const answer of [seen.empty, seen.head, seen.notGzip])
        expect(answer).toMatchObject({ status: 200, body: "" })
      expect(seen.halfGzip).toMatchObject({ reason: "no connection" })
    })

    test("redirects on the same host are followed with method and body, to https too", () => {
      expect(JSON.parse(seen.post.body)).toMatchObject({ method: "POST", body: "grüße" })
      expect(JSON.parse(seen.see.body)).toMatchObject({ method: "GET", body: "" })
      expect(seen.upgrade).toMatchObject({ status: 200 })
    })

    test("redirects to another host, inwards, or without end are not", () => {
      for (const one of [seen.other, seen.inward, seen.loop])
        expect(one).toEqual({ reason: "redirect", wasSent: true })
    })

    test("a redirect that counts as an answer is not followed", () => {
      expect([301, 302, 307]).toContain(seen.taken.status)
    })

    test("the certificate is checked against the name", () => {
      expect(JSON.parse(seen.secure.body).host).toBe(`localhost:${seen.securePort}`)
      expect(seen.wrongName).toEqual({ reason: "no connection", wasSent: false })
    })

    test("no answer in time, half an answer, no connection", () => {
      for (const one of [seen.hang, seen.drip]) expect(one).toEqual({ reason: "timeout", wasSent: true })
      expect(seen.close).toEqual({ reason: "no connection", wasSent: true })
      expect(seen.closedPort).toEqual({ reason: "no connection", wasSent: false })
    })

    test("a header cannot contain another one, nor replace Host", () => {
      for (const one of [seen.injected, seen.host])
        expect(one).toEqual({ reason: "bad request", wasSent: false })
    })
  })
