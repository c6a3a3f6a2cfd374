/**
 * An embedded edge in place of the gateway of a world: gateway and forwarder in one process, with the queue in a file. It
 * gets the arguments of the command `actor`. Runs until a signal.
 */
process.argv.push("forwarder")
await import("../../actors/commands/actor.ts")

export {}
