/** What is sent to Redis and comes back, and what a connection to it offers: no type of the client library is in it. */
import type { Buffer } from "node:buffer"
import type { Effect } from "effect"
import type { ByteString } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"

/** What may be sent: text as UTF-8, bytes as they are. */
export type Argument = string | number | Uint8Array

/** What comes back: texts as bytes, whatever they hold. */
export type Reply = Buffer | number | null | ReadonlyArray<Reply>

/** A command's name and its arguments. */
export type Command = readonly [name: string, ...args: ReadonlyArray<Argument>]

/** Runs one prepared script on the keys it declares; sends its text again when the server has forgotten it. */
export type Script = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>
) => Effect.Effect<Reply, Failure>

/** As `Script`, for many arguments that are bytes; they must be done within `limit` milliseconds, or it is a `timeout`. */
export type BytesScript = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<ByteString>,
  limit: number
) => Effect.Effect<Reply, Failure>

/** Answers both; undefined for the command behind the script when only that failed. */
export type ScriptAnd = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>,
  behind: Command
) => Effect.Effect<readonly [Reply, Reply | undefined], Failure>

/**
 * Every failure is a `Failure`: `unavailable` when the server cannot be reached or refused (nothing was done),
 * `timeout` when the command was sent and no answer came (it may have been done).
 */
export interface RedisConnection {
  /** Host and port; never a password. */
  readonly address: string
  readonly command: (...command: Command) => Effect.Effect<Reply, Failure>
  readonly script: (lua: string) => Script
  readonly bytesScript: (lua: string) => BytesScript
  /** As `script`, and right behind it another command, on the same socket to the same server: for WAIT, for one. */
  readonly scriptAnd: (lua: string) => ScriptAnd
  /** Succeeds when the server answers within 2 s. */
  readonly check: Effect.Effect<void, Failure>
}

export interface ConnectOptions {
  /** How long a command may take, milliseconds (5000). */
  readonly commandTimeout?: number
  /** How long the start waits for a server that is slow to answer, milliseconds (2000). */
  readonly startTimeout?: number
  /** Says nothing in the log when it is lost and when it is back: another connection to the same server does. */
  readonly quiet?: boolean
}
