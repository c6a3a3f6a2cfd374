/** The programs that the harness needs on this machine. */
import { needsProgram } from "../support/server.ts"

/** Whether all programs are installed. Reports each missing one in a line; with CI=true that fails. */
export const canRunFaults = (): boolean =>
  [
    needsProgram("redis-server", "Install the package redis-server."),
    needsProgram("nats-server", "Install the package nats-server."),
    needsProgram("kcat", "Install the package kcat, a Kafka client independent of Spoor.", ["-V"]),
    needsProgram("java", "Install Java 17.", ["-version"]),
    needsProgram("mvn", "Install Maven, which fetches Kafka once.")
  ].every((isThere) => isThere)
