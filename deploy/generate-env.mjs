/**
 * `npm run env:generate`: creates deploy/.env from deploy/.env.template, with a random secret for each empty value. To an
 * existing file it only adds the secrets that it lacks: the others are the passwords of the running servers.
 */
import { randomBytes } from "node:crypto"
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const [template, target] = [path(".env.template"), path(".env")]

/** Letters and digits, beginning with a letter: valid without quoting in URLs, ACL files and the configuration of NATS. */
const secret = () => `s${randomBytes(18).toString("hex")}`

const text = readFileSync(template, "utf8")

if (existsSync(target)) {
  const present = readFileSync(target, "utf8")
  const missing = [...text.matchAll(/^(\w+)=$/gm)]
    .map(([, name]) => name)
    .filter((name) => !new RegExp(`^${name}=`, "m").test(present))
  const begin = present === "" || present.endsWith("\n") ? "" : "\n"
  if (missing.length > 0)
    appendFileSync(target, begin + missing.map((name) => `${name}=${secret()}\n`).join(""))
  process.stderr.write(
    missing.length === 0
      ? "deploy/.env already has every secret and was not changed. Remove it to generate new secrets.\n"
      : `deploy/.env was kept; added: ${missing.join(", ")}.\n`
  )
} else {
  const filled = text.replace(/^(\w+)=$/gm, (_, name) => `${name}=${secret()}`)
  writeFileSync(target, filled, { mode: 0o600 })
  process.stderr.write("deploy/.env was created; only you can read it.\n")
}
