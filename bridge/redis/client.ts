/**
 * The client of a connection to Redis, and the only file that imports the client library: a client of one server, replaced
 * by a cluster's client when a server reports that it belongs to a cluster. It connects when it is constructed, reconnects
 * after each loss, and is connected only when the server has accepted the login and the database. It lives until `close`.
 */
import { Buffer } from "node:buffer"
import { Cluster, Command as LibraryCommand, Redis, type RedisOptions } from "ioredis"
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import { type ConnectionState, makeConnectionState, reasonOf } from "../connection-state.ts"
import type { Outage, WriteLog } from "../outage.ts"
import { loginObstacle, replicaReason } from "./login.ts"
import { encoded } from "./resp.ts"
import { refusal } from "./script.ts"
import type { Argument, Command, Reply } from "./types.ts"
import type { RedisServer } from "./url.ts"

type Settings = Omit<RedisOptions, "replyMapping">

/** Nothing was sent. */
class NotConnected extends Error {}

/** A command without a reply after `commandTimeout` milliseconds fails; nothing is ever sent twice. */
export class RedisClient {
  private client: Redis | Cluster
  private cluster: Promise<void> | undefined
  private isClosed = false
  /** The client while it is logged in. */
  private ready: Redis | Cluster | undefined
  /** Why the attempt, or the connection, is about to end. */
  private reason: string | undefined
  /** The server replied that it is a replica: the next login must find a primary. */
  private isReplica = false
  private attempts = 0
  private readonly waiters = new Set<(isUp: boolean) => void>()
  private readonly server: string
  private readonly settings: Settings
  private readonly state: ConnectionState

  constructor({ address, settings }: RedisServer, commandTimeout: number, outage: Outage, log: WriteLog) {
    this.server = `Redis at ${address}`
    this.state = makeConnectionState(this.server, outage, log)
    this.settings = {
      ...settings,
      protocol: 2,
      disableClientInfo: true,
      enableReadyCheck: false,
      connectTimeout: Math.min(commandTimeout, 2000),
      commandTimeout,
      socketTimeout: commandTimeout * 2,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      // 0 fails sent commands as soon as the connection is lost. With more, the library sends them again (an RPUSH
      // twice), or drops them when resending is off.
      maxRetriesPerRequest: 0,
      retryStrategy: () => this.nextDelayMs(),
      // Redis 6 puts another word before the error code of a command in a script.
      reconnectOnError: (error) => {
        if (!/(^|-)READONLY /.test(error.message)) return false
        if (this.client instanceof Redis) {
          this.isReplica = true
          this.reason = replicaReason
        }
        return true
      }
    }
    this.client = this.watch(new Redis(this.settings))
  }

  /** True once it is connected; false once an attempt has failed, or after `timeoutMs`. */
  settled(timeoutMs: number): Promise<boolean> {
    if (this.isReady()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const done = (isUp: boolean): void => {
        clearTimeout(timer)
        this.waiters.delete(done)
        resolve(isUp)
      }
      const timer = setTimeout(() => done(false), timeoutMs)
      this.waiters.add(done)
    })
  }

  send(command: Command): Promise<Reply> {
    return this.ask((client) => call(client, command))
  }

  /** The command with `bytes` as further arguments. */
  sendBytes(command: Command, bytes: ReadonlyArray<ByteString>, timeoutMs: number): Promise<Reply> {
    return this.ask((client) => {
      const one = new BytesCommand(command, bytes)
      one.setTimeout(timeoutMs)
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

  /** The failure of a command for its caller. */
  failure(error: unknown): Failure {
    if (error instanceof NotConnected)
      return new Failure({ reason: "unavailable", message: this.state.absence() })
    const lost = error instanceof Error && error.name === "MaxRetriesPerRequestError"
    const text = lost ? "the connection was lost before the reply" : reasonOf(error)
    const undone =
      refusal(error) !== undefined || /^(Stream isn't writeable|Too many Cluster redir)/.test(text)
    return new Failure({
      reason: undone ? "unavailable" : "timeout",
      message: `${this.server}: ${text}`
    })
  }

  close(): void {
    this.isClosed = true
    this.state.close()
    this.client.disconnect()
  }

  private isReady(): boolean {
    return this.ready === this.client && this.client.status === "ready"
  }

  private async ask<A>(run: (client: Redis | Cluster) => Promise<A>): Promise<A> {
    const client = this.client
    if (!this.isReady()) throw new NotConnected()
    try {
      return await run(client)
    } catch (error) {
      const code = refusal(error)
      if (client instanceof Cluster || (code !== "MOVED" && code !== "ASK")) throw error
      this.cluster ??= this.becomeCluster(client)
      await this.cluster
      if (!this.isReady()) throw new NotConnected()
      return run(this.client)
    }
  }

  private async becomeCluster(single: Redis): Promise<void> {
    const { host, port, retryStrategy: _, ...redisOptions } = this.settings
    this.client = this.watch(
      new Cluster([{ host: host ?? "127.0.0.1", port: port ?? 6379 }], {
        redisOptions: { ...redisOptions, connectionName },
        clusterRetryStrategy: () => this.nextDelayMs(),
        // 0, otherwise it sends commands of a lost connection again.
        retryDelayOnFailover: 0,
        slotsRefreshInterval: 10_000,
        ...(redisOptions.tls === undefined
          ? {}
          : { dnsLookup: (name: string, found: (_: null, address: string) => void) => found(null, name) })
      })
    )
    // Waits for replies in flight.
    single.quit().catch(() => single.disconnect())
    await this.settled(2000)
  }

  private watch<C extends Redis | Cluster>(client: C): C {
    client.on("connect", () => {
      if (client === this.client) this.reason = undefined
    })
    client.on("error", (error: Error) => {
      if (client === this.client) this.reason ??= loginObstacle(error) ?? reasonOf(error)
    })
    client.on("ready", () => void this.logIn(client))
    client.on("close", () => {
      if (!this.isClosed && client === this.client) this.failed()
    })
    return client
  }

  /** The library reports ready when the socket is open; the server may still refuse the login. */
  private async logIn(client: Redis | Cluster): Promise<void> {
    const obstacle = this.reason ?? (await this.obstacle(client))
    if (client !== this.client || client.status !== "ready" || this.isClosed) return
    if (obstacle !== undefined) {
      this.reason = obstacle
      client.disconnect(true)
      return
    }
    if (client instanceof Redis) client.client("SETNAME", connectionName).catch(() => undefined)
    this.ready = client
    this.reason = undefined
    this.isReplica = false
    this.attempts = 0
    this.state.up()
    for (const done of this.waiters) done(true)
  }

  private async obstacle(client: Redis | Cluster): Promise<string | undefined> {
    try {
      await client.call("PING")
      if (!this.isReplica) return undefined
      return String(await client.call("INFO", "replication")).includes("role:slave")
        ? replicaReason
        : undefined
    } catch (error) {
      if (refusal(error) !== undefined) return loginObstacle(error)
      const text = reasonOf(error)
      return text === "Command timed out" ? `no reply within ${this.settings.commandTimeout} ms` : text
    }
  }

  private failed(): void {
    this.ready = undefined
    this.state.down(this.reason ?? "the server closed the connection")
    this.reason = undefined
    for (const done of this.waiters) done(false)
  }

  /** The delay before the next attempt: doubles up to two seconds; its second half is random. */
  private nextDelayMs(): number {
    this.attempts += 1
    return Math.min(2000, 50 * 2 ** Math.min(this.attempts, 10)) * (0.5 + Math.random() / 2)
  }
}

/** The name of our connections in the server's CLIENT LIST. */
const connectionName = "spoor"

/** A command encoded here in one buffer; the library needs only its first arguments, to find the keys. */
class BytesCommand extends LibraryCommand {
  private readonly bytes: Buffer

  constructor([name, ...args]: Command, bytes: ReadonlyArray<ByteString>) {
    super(name, args.map(sendable), { replyEncoding: null })
    // On Bun the library traces every command as if a tracing channel had listeners, which costs more than the command.
    this.isTraced = true
    this.bytes = encoded([...[name, ...args].map((one) => bytesOf(String(one))), ...bytes])
  }

  override toWritable(): Buffer {
    return this.bytes
  }
}

const call = (client: Redis | Cluster, [name, ...args]: Command): Promise<Reply> =>
  client.callBuffer(name, args.map(sendable)) as Promise<Reply>

const sendable = (one: Argument) =>
  one instanceof Uint8Array && !Buffer.isBuffer(one) ? Buffer.from(one) : one
