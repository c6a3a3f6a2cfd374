/**
 * `npm run image`: builds the image "spoor" with the version, the revision and the time of its sources as labels. Further
 * arguments go to `docker build`: `npm run image -- --platform linux/arm64 --tag spoor:arm64`.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))

/** What git says, else undefined: the sources may be an archive. */
const git = (...args) => {
  try {
    return execFileSync("git", args, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"]
    }).trim()
  } catch {
    return undefined
  }
}

const facts = {
  VERSION: version,
  REVISION: git("rev-parse", "HEAD"),
  CREATED: git("log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ"),
  SOURCE: process.env.SPOOR_SOURCE
}
const labels = Object.entries(facts).flatMap(([name, value]) =>
  value === undefined ? [] : ["--build-arg", `${name}=${value}`]
)
const args = ["build", "--file", "deploy/image/Dockerfile", "--tag", "spoor", ...labels]
const { status, error } = spawnSync("docker", [...args, ...process.argv.slice(2), "."], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, TZ: "UTC", DOCKER_BUILDKIT: "1" }
})
if (error) process.stderr.write(`docker cannot be run: ${error.message}\n`)
process.exitCode = status ?? 1
