import { expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { makeCertificate } from "../support/certificate.ts"
import { denoProgram } from "../support/deno.ts"
import { needsProgram } from "../support/server.ts"
import { noon } from "./guarded-gateway.ts"

const deno = denoProgram()
const hasOpenssl = needsProgram("openssl", "Install openssl.", ["version"])

test.skipIf(deno === undefined || !hasOpenssl)("Deno guards the same, over TLS", async () => {
  const root = join(import.meta.dirname, "..", "..")
  const { cert, key } = makeCertificate()
  const other = makeCertificate()
  const script = join(import.meta.dirname, "guarded-on-deno.ts")
  const args = ["run", "-A", `--cert=${cert}`, script, cert, key, other.cert, other.key]
  const { stdout } = await promisify(execFile)(deno ?? "deno", args, { cwd: root })
  expect(JSON.parse(stdout)).toEqual({
    statuses: [401, 200, 200, 200, 200],
    lines: [
      expect.stringMatching(
        new RegExp(`^8\\.8\\.8\\.0 ${noon} localhost nopod /t/x a=1&visitor=[0-9a-f]{16} ua$`)
      ),
      `0.0.0.0 ${noon} localhost nopod /t/x a=2 ua`,
      expect.stringMatching(
        new RegExp(`^127\\.0\\.0\\.0 ${noon / 1000} shop /t/x a=4&visitor=[0-9a-f]{16} ua$`)
      )
    ],
    counted: ["write-key", "anonymised header", "dropped dnt"],
    preflight: [204, "true"],
    limited: [429, true],
    readable: "https://shop.example",
    certificates: [true, true],
    mismatch: true
  })
})
