/**
 * Run before `start`, `test` and `types`: installs the packages of package-lock.json when those on the disk are not the
 * ones that package.json names, and says how far it is. Plain JavaScript for any Node from 20 or Bun, since nothing is
 * installed yet. With `--dev` the tools for testing too; without it, npm's install is made smaller (`leave-out.mjs`).
 */
import { spawn } from "node:child_process"
import { readFileSync, rmSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { showProgress } from "./install-progress.mjs"
import { isLeftOut, leaveOut } from "./leave-out.mjs"

const root = new URL("..", import.meta.url)
const read = (path) => JSON.parse(readFileSync(new URL(path, root), "utf8"))

/** The version that package.json wants, of a package under another name (`npm:name@version`) too. */
const versionOf = (wanted) => wanted.slice(wanted.lastIndexOf("@") + 1)

const isInstalled = ([name, wanted]) => {
  try {
    return read(`node_modules/${name}/package.json`).version === versionOf(wanted)
  } catch {
    return false
  }
}

/** An install that was broken off has Bun's package but not yet the program in it. */
const hasBun = () => {
  try {
    return statSync(new URL("node_modules/bun/bin/bun.exe", root)).size > 1_000_000
  } catch {
    return false
  }
}

/** Runs it to its end and returns its exit code; what it prints on standard error is a person's to read. */
const run = (command, args) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32"
    })
    child.once("error", ({ message }) => {
      process.stderr.write(`${command} cannot be run: ${message}\n`)
      resolve(1)
    })
    child.once("close", (code) => resolve(code ?? 1))
  })

const withDev = process.argv.includes("--dev")
const isBun = (process.env.npm_config_user_agent ?? "").startsWith("bun")
const { dependencies, devDependencies } = read("package.json")
const wanted = Object.entries(withDev ? { ...dependencies, ...devDependencies } : dependencies)
const packages = fileURLToPath(new URL("node_modules", root))
const lacksTypes = withDev && isLeftOut(packages)

if (lacksTypes || !wanted.every(isInstalled) || !(isBun || hasBun())) {
  const [command, ...args] = isBun
    ? ["bun", "install", ...(withDev ? [] : ["--production"])]
    : [
        "npm",
        "ci",
        "--no-audit",
        "--no-fund",
        "--no-progress",
        "--loglevel=error",
        ...(withDev ? [] : ["--omit=dev"])
      ]
  // npm removes all that is there; Bun keeps a package of the right version, with files missing in it too.
  if (lacksTypes && isBun) rmSync(packages, { recursive: true, force: true })
  process.stderr.write(`Installing packages (${command} ${args.join(" ")})\n`)
  const progress = showProgress(packages)
  const code = await run(command, args)
  if (code === 0 && !withDev && !isBun) leaveOut(packages)
  progress.end(code === 0)
  process.exitCode = code
}
