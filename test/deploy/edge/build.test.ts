/** The bundle of the gateway's Worker, and what it must not contain. */
import { expect, test } from "bun:test"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buildWorker, bundleProblems } from "../../../deploy/edge/build.ts"

test("the Worker is one small file without code generation, Node-only packages and foreign modules", async () => {
  const { path, gzipBytes } = await buildWorker(mkdtempSync(join(tmpdir(), "spoor-worker-")))
  const text = readFileSync(path, "utf8")
  expect(gzipBytes).toBeLessThan(256 * 1024)
  expect(text).toContain("EdgeQueue")
  expect(text).not.toMatch(/\bFunction\(|\beval\(/)
  expect(
    [
      ...new Set(Array.from(text.matchAll(/from\s*"((?:node|cloudflare):[^"]+)"/g), ([, name]) => name))
    ].sort()
  ).toEqual(["cloudflare:workers", "node:buffer", "node:crypto", "node:net", "node:zlib"])
})

test("a bundle that cannot run as a Worker is refused", () => {
  expect(
    bundleProblems('import{x}from"node:buffer";import{y}from "cloudflare:workers"', ["gateway/app.ts"])
  ).toEqual([])
  expect(bundleProblems('import{x}from"node:fs"', [])).toEqual([
    "The Worker imports node:fs, which it must not need."
  ])
  expect(bundleProblems('const f=new Function("return 1")', [])).toEqual([
    "The Worker generates code from strings."
  ])
  expect(bundleProblems("eval(text)", [])).toEqual(["The Worker generates code from strings."])
  for (const name of ["ioredis", "elysia", "kafkajs", "@nats-io/transport-node", "@platformatic/kafka"])
    expect(bundleProblems("", [`node_modules/${name}/index.js`])).toHaveLength(1)
})
