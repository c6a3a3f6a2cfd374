/**
 * `npm run env:generate`: makes deploy/.env of deploy/.env.template, with a random secret for each empty value. Keeps a
 * file that is there: the passwords in it are those of the running servers.
 */
import { randomBytes } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const [template, target] = [path(".env.template"), path(".env")]

/** Letters and digits, beginning with a letter: fit for URLs, ACL files and the configuration of NATS alike. */
const secret = () => `s${randomBytes(18).toString("hex")}`

if (existsSync(target)) {
  process.stderr.write("deploy/.env is there already and stays as it is. Remove it to make new secrets.\n")
} else {
  const text = readFileSync(template, "utf8").replace(/^(\w+)=$/gm, (_, name) => `${name}=${secret()}`)
  writeFileSync(target, text, { mode: 0o600 })
  process.stderr.write("deploy/.env was written, readable by you alone.\n")
}
