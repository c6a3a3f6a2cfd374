/** Loaded before the tests (bunfig.toml): after the last file, the servers that tests started are stopped. */
import { afterAll } from "bun:test"
import { stopServers } from "./server.ts"

afterAll(stopServers)
