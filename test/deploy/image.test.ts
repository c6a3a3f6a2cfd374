/** The image's recipe without an engine: hadolint's rules, and its list of materials. `bun run deploy-test image` builds it. */
import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import packageJson from "../../package.json" with { type: "json" }
import { hadolint } from "../support/hadolint.ts"

const root = join(import.meta.dirname, "..", "..")
const program = await hadolint()

/** What hadolint says of a Dockerfile. */
const findings = (text: string): ReadonlyArray<{ readonly code: string; readonly line: number }> => {
  const { stdout } = spawnSync(program ?? "hadolint", ["--format", "json", "-"], {
    input: text,
    encoding: "utf8"
  })
  return JSON.parse(stdout)
}

describe.skipIf(program === undefined)("the Dockerfile", () => {
  const text = readFileSync(join(root, "deploy", "image", "Dockerfile"), "utf8")

  test("has no finding of hadolint", () => {
    expect(findings(text)).toEqual([])
  })

  test("a Dockerfile with a mistake has one", () => {
    const wrong = text.replace("WORKDIR /app\n", "WORKDIR app\n")
    expect(findings(wrong).map(({ code }) => code)).toEqual(["DL3000"])
  })
})

test("the bill of materials lists the production packages and the C library, and no time or random number", () => {
  const status = join(tmpdir(), `spoor-status-${process.pid}`)
  const packages = ["libc6", "libgcc-s1"].map(
    (name) => `Package: ${name}\nArchitecture: amd64\nVersion: 2.36-9\nDescription: one\n with: more\n`
  )
  writeFileSync(status, packages.join("\n"))
  const { stdout, stderr } = spawnSync("node", ["deploy/image/sbom.mjs", status], {
    cwd: root,
    encoding: "utf8"
  })
  expect(stderr).toBe("")
  const { bomFormat, components, metadata } = JSON.parse(stdout)
  const names: ReadonlyArray<string> = components.map(({ purl }: { readonly purl: string }) => purl)
  expect(bomFormat).toBe("CycloneDX")
  expect(stdout).not.toMatch(/"timestamp"|"serialNumber"/)
  expect(metadata.component).toMatchObject({ name: "spoor", version: packageJson.version })
  expect(names).toContain("pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=bookworm")
  for (const [name, version] of Object.entries(packageJson.dependencies))
    expect(names).toContain(`pkg:npm/${name.replace("@", "%40")}@${version}`)
  expect(names.filter((name) => name.includes("fast-check"))).toEqual([])
}, 30_000)
