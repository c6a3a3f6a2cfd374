/**
 * A reload (SIGHUP) under load loses no request: clients with open connections keep them, new connections get the new
 * certificate, and every request is answered. On Bun and Deno.
 */
import { describe, expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { Agent, request } from "node:https"
import { connect } from "node:tls"
import { makeCertificate } from "../support/certificate.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { needsProgram } from "../support/server.ts"
import { ownSettings, startSpoor } from "../support/spoor.ts"

const hasOpenssl = needsProgram("openssl", "Install openssl.", ["version"])
const clients = 8

/** Sends requests one after another on one connection until `isOver`; returns the failures and the connections used. */
const client = async (port: number, isOver: () => boolean) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  const failures: Array<string> = []
  const sockets = new Set<unknown>()
  let answered = 0
  while (!isOver()) {
    await new Promise<void>((resolve) => {
      const sent = request({ port, host: "127.0.0.1", path: `/t/x?n=${answered}`, agent }, (response) => {
        sockets.add(response.socket)
        if (response.statusCode !== 200) failures.push(String(response.statusCode))
        answered += 1
        response.resume().once("end", resolve)
      })
      sent.once("error", (error) => {
        failures.push(error.message)
        resolve()
      })
      sent.end()
    })
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  agent.destroy()
  return { failures, answered, connections: sockets.size }
}

const commonNameOn = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      const { fingerprint256 } = socket.getPeerCertificate()
      socket.destroy()
      resolve(fingerprint256)
    })
    socket.once("error", reject)
  })

for (const runtime of ["bun", "deno"] as const)
  describe.skipIf(!hasOpenssl || (runtime === "deno" && denoProgram() === undefined))(`on ${runtime}`, () => {
    test("a new certificate under load: open connections are kept, no request is lost", async () => {
      const [pair, second, third] = [makeCertificate(), makeCertificate(), makeCertificate()]
      const spoor = await startSpoor(
        ["gateway"],
        ownSettings({ TLS_CERT: pair.cert, TLS_KEY: pair.key }),
        runtime
      )
      const port = Number(spoor.address("send events").port)
      let isOver = false
      const load = Promise.all(Array.from({ length: clients }, () => client(port, () => isOver)))
      const before = await commonNameOn(port)
      const seen = [before]
      for (const next of [second, third]) {
        writeFileSync(pair.cert, readFileSync(next.cert))
        writeFileSync(pair.key, readFileSync(next.key))
        spoor.process.kill("SIGHUP")
        await eventually("new connections get the new certificate", async () => {
          const now = await commonNameOn(port)
          if (!seen.includes(now)) seen.push(now)
          return seen.at(-1) === now && seen.length === [second, third].indexOf(next) + 2
        })
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
      isOver = true
      const results = await load
      expect(results.flatMap(({ failures }) => failures)).toEqual([])
      expect(results.map(({ connections }) => connections)).toEqual(results.map(() => 1))
      expect(Math.min(...results.map(({ answered }) => answered))).toBeGreaterThan(10)
      expect(spoor.output()).toContain("SIGHUP: TLS_CERT has been reloaded.")
      expect(await spoor.end()).toBe(0)
    }, 60_000)
  })
