/**
 * A connection to Redis or Valkey, alone or a cluster: the only file that knows the client library.
 * It opens with its scope, comes back by itself for as long as the scope lives, and closes with it. It never sends a
 * command twice by itself, never waits without bound, and says of each failure whether the command may have run.
 */
import { Buffer } from "node:buffer"
import { Effect, type Redacted, type Scope } from "effect"
import { Cluster, Command as LibraryCommand, Redis, type RedisOptions } from "ioredis"
import { type Bytes, bytesOf } from "../contracts/event.ts"
import { Failure } from "../contracts/failure.ts"
import { type BytesScript, prepare, refusal, type Script, type ScriptAnd } from "./redis-script.ts"
import { parseRedisUrl } from "./redis-url.ts"
import { written } from "./redis-wire.ts"

/** What may be sent: text as UTF-8, bytes as they are. */
export type Argument = string | number | Uint8Array

/** What comes back: texts as bytes, whatever they hold. */
export type Reply = Buffer | number | null | ReadonlyArray<Reply>

/** A command's name and its arguments. */
export type Command = readonly [name: string, ...args: ReadonlyArray<Argument>]

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

/**
 * Connects to `redis://` or `rediss://` (TLS) `user:password@host:port/database`. A server that is away does not make
 * it fail: it returns without one and goes on trying. A URL that can never work is an `unreadable` failure.
 */
export const connect: (
  url: Redacted.Redacted<string>,
  options?: ConnectOptions
) => Effect.Effect<RedisConnection, Failure, Scope.Scope> = Effect.fnUntraced(function* (url, options = {}) {
  const server = yield* parseRedisUrl(url)
  const commandTimeout = options.commandTimeout ?? 5000
  const settings: Settings = {
    ...server.settings,
    protocol: 2,
    connectionName: "spoor",
    disableClientInfo: true,
    enableReadyCheck: false,
    connectTimeout: Math.min(commandTimeout, 2000),
    commandTimeout,
    socketTimeout: commandTimeout * 2,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // Zero empties the queue of sent commands as soon as the connection is lost. With more, the library would send
    // them again (an RPUSH twice), or forget them when resending is off.
    maxRetriesPerRequest: 0,
    retryStrategy: pause,
    // Redis 6 tells what a command in a script failed with behind a word of its own.
    reconnectOnError: (error) => /(^|-)READONLY /.test(error.message)
  }
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const connection = new Connection(server.address, settings, (state) => {
    if (options.quiet === true) return
    run(
      state === "lost"
        ? Effect.logWarning(`Lost Redis at ${server.address}; connecting again.`)
        : Effect.logInfo(`Redis at ${server.address} is back.`)
    )
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => connection.close()))
  const ready = yield* Effect.promise(() => connection.start(options.startTimeout ?? 2000))
  if (!ready && options.quiet !== true)
    yield* Effect.logWarning(`${connection.absence()} Going on without it and connecting again.`)

  const within = <A>(ask: () => Promise<A>): Effect.Effect<A, Failure> =>
    Effect.tryPromise({ try: ask, catch: (error) => connection.failure(error) })

  const command = (...one: Command): Effect.Effect<Reply, Failure> => within(() => connection.send(one))

  return {
    address: server.address,
    command,
    script: (lua) => {
      const text = prepare(lua)
      return (keys, args) => within(() => text(keys, args, (one) => connection.send(one)))
    },
    bytesScript: (lua) => {
      const text = prepare(lua)
      return (keys, args, limit) =>
        within(() => text(keys, [], (one) => connection.sendBytes(one, args, limit)))
    },
    scriptAnd: (lua) => {
      const text = prepare(lua)
      return (keys, args, behind) => within(() => text(keys, args, (one) => connection.sendBoth(one, behind)))
    },
    check: command("PING").pipe(
      Effect.timeoutOrElse({
        duration: 2000,
        orElse: () => Effect.fail(connection.failure(new Error("no answer within 2 seconds")))
      }),
      Effect.asVoid
    )
  }
})

type Settings = Omit<RedisOptions, "replyMapping">

/** Nothing was sent. */
class NotConnected extends Error {}

/** The client behind a connection: one server, replaced by a cluster's client once a server says that it is one. */
class Connection {
  private client: Redis | Cluster
  private cluster: Promise<void> | undefined
  private closed = false
  private started = false
  private lost = true
  private lastError: string | undefined
  private readonly address: string
  private readonly settings: Settings
  private readonly changed: (state: "lost" | "back") => void

  constructor(address: string, settings: Settings, changed: (state: "lost" | "back") => void) {
    this.address = address
    this.settings = settings
    this.changed = changed
    this.client = this.watch(new Redis(settings))
  }

  /** As `settled`. What happens to the connection is news only from then on. */
  async start(limit: number): Promise<boolean> {
    const ready = await this.settled(limit)
    this.started = true
    return ready
  }

  /** True once it is connected; false once it is plain that it will take longer, at most `limit` milliseconds. */
  settled(limit: number): Promise<boolean> {
    const client = this.client
    if (client.status === "ready") return Promise.resolve(true)
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), limit)
      const ready = (): void => done(true)
      const error = (): void => done(false)
      const done = (connected: boolean): void => {
        clearTimeout(timer)
        client.off("ready", ready)
        client.off("error", error)
        resolve(connected)
      }
      client.on("ready", ready)
      client.on("error", error)
    })
  }

  send(command: Command): Promise<Reply> {
    return this.ask((client) => call(client, command))
  }

  /** The command, and behind its own arguments more that are bytes. */
  sendBytes(command: Command, bytes: ReadonlyArray<Bytes>, limit: number): Promise<Reply> {
    return this.ask((client) => {
      const one = new BytesCommand(command, bytes)
      one.setTimeout(limit)
      return client.sendCommand(one) as Promise<Reply>
    })
  }

  sendBoth(first: Command, second: Command): Promise<readonly [Reply, Reply | undefined]> {
    return this.ask(async (client) => {
      const both = client.pipeline()
      for (const [name, ...args] of [first, second]) both.callBuffer(name, args.map(sendable))
      const [one, two] = (await both.exec()) ?? []
      if (one === undefined || one[0] !== null) throw one?.[0] ?? new NotConnected()
      return [one[1] as Reply, two?.[0] === null ? (two[1] as Reply) : undefined]
    })
  }

  private async ask<A>(from: (client: Redis | Cluster) => Promise<A>): Promise<A> {
    const client = this.client
    if (client.status !== "ready") throw new NotConnected()
    try {
      return await from(client)
    } catch (error) {
      const code = refusal(error)
      if (client instanceof Cluster || (code !== "MOVED" && code !== "ASK")) throw error
      this.cluster ??= this.becomeCluster(client)
      await this.cluster
      if (this.client.status !== "ready") throw new NotConnected()
      return from(this.client)
    }
  }

  failure(error: unknown): Failure {
    if (error instanceof NotConnected) return new Failure({ reason: "unavailable", message: this.absence() })
    const lost = error instanceof Error && error.name === "MaxRetriesPerRequestError"
    const text = lost ? "the connection was lost before the answer came" : textOf(error)
    const message = `Redis at ${this.address}: ${text}`
    const undone =
      refusal(error) !== undefined || /^(Stream isn't writeable|Too many Cluster redir)/.test(text)
    return new Failure({ reason: undone ? "unavailable" : "timeout", message })
  }

  absence(): string {
    return `Redis at ${this.address} is not connected${this.lastError === undefined ? "" : ` (${this.lastError})`}.`
  }

  close(): void {
    this.closed = true
    this.client.disconnect()
  }

  private async becomeCluster(single: Redis): Promise<void> {
    const { host, port, retryStrategy: _, ...redisOptions } = this.settings
    this.client = this.watch(
      new Cluster([{ host: host ?? "127.0.0.1", port: port ?? 6379 }], {
        redisOptions,
        clusterRetryStrategy: pause,
        // Zero, or it sends commands of a lost connection again.
        retryDelayOnFailover: 0,
        slotsRefreshInterval: 10_000,
        ...(redisOptions.tls === undefined
          ? {}
          : { dnsLookup: (name: string, found: (_: null, address: string) => void) => found(null, name) })
      })
    )
    // Lets the answers that are still under way arrive first.
    single.quit().catch(() => single.disconnect())
    await this.settled(2000)
  }

  private watch<C extends Redis | Cluster>(client: C): C {
    client.on("error", (error: Error) => {
      this.lastError = error.message
    })
    client.on("ready", () => {
      this.lastError = undefined
      if (this.lost && this.started && client === this.client) this.changed("back")
      this.lost = false
    })
    client.on("close", () => {
      if (this.closed || this.lost || client !== this.client) return
      this.lost = true
      this.changed("lost")
    })
    return client
  }
}

/** The library knows the first arguments, for the keys among them, and sends all as they were written here at once. */
class BytesCommand extends LibraryCommand {
  private readonly bytes: Buffer

  constructor([name, ...args]: Command, bytes: ReadonlyArray<Bytes>) {
    super(name, args.map(sendable), { replyEncoding: null })
    // On Bun the library takes every tracing channel for one that somebody listens to; that costs more than the rest of it.
    this.isTraced = true
    this.bytes = written([...[name, ...args].map((one) => bytesOf(String(one))), ...bytes])
  }

  override toWritable(): Buffer {
    return this.bytes
  }
}

const call = (client: Redis | Cluster, [name, ...args]: Command): Promise<Reply> =>
  client.callBuffer(name, args.map(sendable)) as Promise<Reply>

const sendable = (one: Argument) =>
  one instanceof Uint8Array && !Buffer.isBuffer(one) ? Buffer.from(one) : one

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Milliseconds until the next try to connect: doubles up to two seconds, the second half of it at random. */
const pause = (times: number): number =>
  Math.min(2000, 50 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2)
