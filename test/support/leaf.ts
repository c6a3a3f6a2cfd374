/** The NATS of a centre and of a site that joins it as a leaf node, from the files in deploy/edge, on free ports. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type NatsServer, privateNats } from "./nats.ts"
import { freePort } from "./server.ts"

const deploy = join(import.meta.dirname, "..", "..", "deploy")
const textOf = (file: string): string => readFileSync(join(deploy, file), "utf8")

/** The users of a configuration, each with the password `of-<user>`. */
const passwordsFor = (text: string): string =>
  Array.from(text.matchAll(/^ +password: \$(NATS_PASSWORD_(\w+))$/gm))
    .map(([, name = "", user = ""]) => `${name}: "of-${user.toLowerCase()}"`)
    .join("\n")

export interface LeafServers {
  readonly centre: NatsServer
  readonly site: NatsServer
  /** The port of the centre for leaf nodes. */
  readonly leafPort: number
  /** The address of that server for this user of it. */
  readonly urlFor: (server: NatsServer, user: string) => string
  readonly remove: () => Promise<void>
}

/** Not yet started. `through`: makes the port by which the site reaches the centre, from that of the centre: a proxy. */
export const leafServers = async (
  through: (port: number) => Promise<number> = async (port) => port
): Promise<LeafServers> => {
  const leafPort = await freePort()
  const accounts = textOf("nats/spoor.conf")
  const linePort = await through(leafPort)
  const listening = `listen: "127.0.0.1:${leafPort}"\nadvertise: "127.0.0.1:${linePort}"`
  const centreText = textOf("edge/centre.conf")
    .replace("include ../nats/spoor.conf", () => accounts)
    .replace("port: 7422", listening)
  const centre = await privateNats(`${passwordsFor(accounts)}\n${centreText}`)
  const siteText = textOf("edge/leaf.conf")
  const line = `NATS_CENTRE: "nats://site:of-site@127.0.0.1:${linePort}"`
  const site = await privateNats(`${passwordsFor(siteText)}\n${line}\n${siteText}`)
  return {
    ...{ centre, site, leafPort },
    urlFor: (server, user) => server.url.replace("//", `//${user}:of-${user}@`),
    remove: async () => {
      await Promise.all([centre.remove(), site.remove()])
    }
  }
}
