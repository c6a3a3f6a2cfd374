#!/usr/bin/env node
/**
 * `npx spoor`: runs a command of Spoor on Bun, which comes with this package, and ends with its exit code. Plain JavaScript
 * for Node 20 or later: npm starts it with Node. It passes signals on, and ends Bun when npm has ended. No install script is
 * needed: Bun's program is found in the package of this platform, wherever Bun's own install script would copy it to.
 */
import { spawn } from "node:child_process"
import { statSync } from "node:fs"
import { createRequire } from "node:module"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const command = new URL("../actors/commands/spoor.js", import.meta.url)

/** A program that an interrupted install left unfinished, or that only says that Bun's install script did not run, is smaller. */
const smallestBytes = 1_000_000

const isProgram = (path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > smallestBytes

/** Linux without glibc has musl. */
const hasMusl = () =>
  process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime === undefined

/** The names of the packages with Bun's program for this machine, the likelier first. */
const platformPackages = () => {
  const system = process.platform === "win32" ? "windows" : process.platform
  const processor = process.arch === "arm64" ? "aarch64" : process.arch
  const name = `@oven/bun-${system}-${processor}`
  return hasMusl() ? [`${name}-musl`, name] : [name, `${name}-musl`]
}

/** The path of Bun's program: of the package for this platform, else where Bun's install script put it, else in the PATH. */
const findBun = () => {
  const own = createRequire(import.meta.url)
  let bun
  try {
    bun = dirname(own.resolve("bun/package.json"))
  } catch {
    return "bun"
  }
  const near = createRequire(join(bun, "package.json"))
  const program = process.platform === "win32" ? "bun.exe" : "bun"
  for (const name of platformPackages()) {
    try {
      const path = join(dirname(near.resolve(`${name}/package.json`)), "bin", program)
      if (isProgram(path)) return path
    } catch {
      // Packages for other platforms are not installed.
    }
  }
  const copied = join(bun, "bin", "bun.exe")
  return isProgram(copied) ? copied : "bun"
}

/** Whether npx, or a script of package.json that is nothing but this command, has started it. */
const isFromNpm =
  process.env.npm_command === "exec" || (process.env.npm_lifecycle_script ?? "").startsWith("spoor ")

/** How often it looks whether npm still runs, milliseconds: npm may end without passing its signal on. */
const checkIntervalMs = 500

const run = () => {
  const child = spawn(findBun(), [fileURLToPath(command), ...process.argv.slice(2)], { stdio: "inherit" })
  child.once("error", ({ message }) => {
    process.stderr.write(
      `spoor: Bun cannot be started (${message}): install it beside Spoor, npm install bun@1.4, or run Spoor with Deno: deno run -A ${fileURLToPath(command)}\n`
    )
    process.exit(1)
  })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  const launcher = process.ppid
  if (isFromNpm) {
    const timer = setInterval(() => {
      if (process.ppid === launcher) return
      clearInterval(timer)
      child.kill("SIGTERM")
    }, checkIntervalMs)
    timer.unref()
  }
  child.once("close", (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0))
  })
}

if ("Bun" in globalThis || "Deno" in globalThis) await import(command.href)
else run()
