/**
 * `npm run env:generate`: creates deploy/.env from deploy/.env.template, with a random secret for each empty value. Keeps
 * an existing file: it contains the passwords of the running servers.
 */
import { randomBytes } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const [template, target] = [path(".env.template"), path(".env")]

/** Letters and digits, beginning with a letter: valid without quoting in URLs, ACL files and the configuration of NATS. */
const secret = () => `s${randomBytes(18).toString("hex")}`

if (existsSync(target)) {
  process.stderr.write("deploy/.env already exists and was not changed. Remove it to generate new secrets.\n")
} else {
  const text = readFileSync(template, "utf8").replace(/^(\w+)=$/gm, (_, name) => `${name}=${secret()}`)
  writeFileSync(target, text, { mode: 0o600 })
  process.stderr.write("deploy/.env was created; only you can read it.\n")
}
