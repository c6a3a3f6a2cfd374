/**
 * Runs before `start`, `test` and `types`: installs the packages of package-lock.json when the installed versions differ
 * from package.json, and shows the progress. Plain JavaScript for Node 20 or later and Bun, because no package is
 * installed yet. `--dev` installs the development packages too; without it, files that no process reads are removed after
 * npm's install (`leave-out.mjs`).
 */
import { spawn } from "node:child_process"
import { readFileSync, rmSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { showProgress } from "./install-progress.mjs"
import { isLeftOut, leaveOut } from "./leave-out.mjs"

const root = new URL("..", import.meta.url)
const read = (path) => JSON.parse(readFileSync(new URL(path, root), "utf8"))

/** The version in a requirement of package.json, also of an alias (`npm:name@version`). */
const versionOf = (required) => required.slice(required.lastIndexOf("@") + 1)

const isInstalled = ([name, required]) => {
  try {
    return read(`node_modules/${name}/package.json`).version === versionOf(required)
  } catch {
    return false
  }
}

/** Whether Bun's program is present: an interrupted install may have the package without the program. */
const hasBun = () => {
  try {
    return statSync(new URL("node_modules/bun/bin/bun.exe", root)).size > 1_000_000
  } catch {
    return false
  }
}

/** Runs a command and returns its exit code; its standard error is passed through. */
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
const required = Object.entries(withDev ? { ...dependencies, ...devDependencies } : dependencies)
const packages = fileURLToPath(new URL("node_modules", root))
const lacksTypes = withDev && isLeftOut(packages)

if (lacksTypes || !required.every(isInstalled) || !(isBun || hasBun())) {
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
  // npm ci removes installed packages first; Bun keeps a package of the right version, even with missing files.
  if (lacksTypes && isBun) rmSync(packages, { recursive: true, force: true })
  process.stderr.write(`Installing packages (${command} ${args.join(" ")})\n`)
  const progress = showProgress(packages)
  const code = await run(command, args)
  if (code === 0 && !withDev && !isBun) leaveOut(packages)
  progress.end(code === 0)
  process.exitCode = code
}
