/** What the harness needs on this machine. */
import { needsProgram } from "../support/server.ts"

/** Are all programs there? Missing ones are told in a line each; with CI=true that fails. */
export const canRunFaults = (): boolean =>
  [
    needsProgram("redis-server", "Install the package redis-server."),
    needsProgram("nats-server", "Install the package nats-server."),
    needsProgram("kcat", "Install the package kcat, an independent Kafka client.", ["-V"]),
    needsProgram("java", "Install Java 17.", ["-version"]),
    needsProgram("mvn", "Install Maven, which fetches Kafka once.")
  ].every((isThere) => isThere)
