/**
 * Run before `start` and `test`: installs the packages of package-lock.json when those on the disk are not the ones
 * that package.json names. Plain JavaScript for any Node or Bun, since nothing is installed yet. With `--dev` the
 * tools for testing too.
 */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"

const root = new URL("..", import.meta.url)
const read = (path) => JSON.parse(readFileSync(new URL(path, root), "utf8"))

const isInstalled = ([name, version]) => {
  try {
    return read(`node_modules/${name}/package.json`).version === version
  } catch {
    return false
  }
}

const withDev = process.argv.includes("--dev")
const { dependencies, devDependencies } = read("package.json")
const wanted = Object.entries(withDev ? { ...dependencies, ...devDependencies } : dependencies)

if (!wanted.every(isInstalled)) {
  const isBun = (process.env.npm_config_user_agent ?? "").startsWith("bun")
  const [command, ...args] = isBun
    ? ["bun", "install", ...(withDev ? [] : ["--production"])]
    : ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", ...(withDev ? [] : ["--omit=dev"])]
  process.stderr.write(`Installing packages (${command} ${args.join(" ")})\n`)
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32"
  })
  process.exitCode = status ?? 1
}
