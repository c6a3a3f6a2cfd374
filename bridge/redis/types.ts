/** Commands, replies and the connection to Redis, without types of the client library. */
import type { Buffer } from "node:buffer"
import type { Effect } from "effect"
import type { ByteString } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { Outage } from "../outage.ts"

/** Text is sent as UTF-8, bytes unchanged. */
export type Argument = string | number | Uint8Array

/** Texts are returned as bytes. */
export type Reply = Buffer | number | null | ReadonlyArray<Reply>

/** A command's name and its arguments. */
export type Command = readonly [name: string, ...args: ReadonlyArray<Argument>]

/** Runs one script on the keys that it declares; sends its text when the server does not have it. */
export type Script = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>
) => Effect.Effect<Reply, Failure>

/** Like `Script`, for many arguments that are bytes; fails with `timeout` after `timeoutMs`. */
export type BytesScript = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<ByteString>,
  timeoutMs: number
) => Effect.Effect<Reply, Failure>

/** Returns both replies; that of the following command is undefined when only it failed. */
export type ScriptAnd = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>,
  following: Command
) => Effect.Effect<readonly [Reply, Reply | undefined], Failure>

/**
 * Fails with `unavailable` when the server is unreachable or refused the command (nothing was done), and with `timeout`
 * when the command was sent and no reply arrived (it may have been done).
 */
export interface RedisConnection {
  /** Host and port; never a password. */
  readonly address: string
  /** The outage of the server, which all connections to it share. */
  readonly outage: Outage
  readonly command: (...command: Command) => Effect.Effect<Reply, Failure>
  readonly script: (lua: string) => Script
  readonly bytesScript: (lua: string) => BytesScript
  /** Like `script`, followed at once by another command on the same socket to the same server, such as WAIT. */
  readonly scriptAnd: (lua: string) => ScriptAnd
  /** Succeeds when the server replies within 2 s. */
  readonly check: Effect.Effect<void, Failure>
}

export interface ConnectOptions {
  /** Timeout of a command, milliseconds (5000). */
  readonly commandTimeout?: number
  /** How long opening waits for a slow server, milliseconds (2000). */
  readonly startTimeout?: number
  /** Does not log outages where connections do not share them, because another connection to the same server does. */
  readonly quiet?: boolean
}
