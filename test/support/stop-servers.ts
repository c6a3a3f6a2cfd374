/** Loaded before the tests (bunfig.toml): gives each test a minute, and after the last file stops the servers. */
import { afterAll, setDefaultTimeout } from "bun:test"
import { stopServers } from "./server.ts"

setDefaultTimeout(60_000)
afterAll(stopServers)
