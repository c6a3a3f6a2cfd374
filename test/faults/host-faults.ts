/**
 * Loaded into an actor's process before everything else (`bun --preload`, by `withWhims`): makes its clock jump, and lets
 * it find no host, as a file says at every moment. It lives as long as the process.
 */
import { readFileSync } from "node:fs"
import { type NetConnectOpts, Socket } from "node:net"

/** What the file holds, as JSON; nothing at all when there is none. */
export interface Whims {
  /** How far the clock of the machine is wrong, milliseconds. */
  readonly clock?: number
  /** Whoever wants to connect is told ENOTFOUND, as when no name server answers. */
  readonly noNames?: boolean
}

const variable = "FAULTS_WHIMS"

/** The environment of an actor that has its whims from that file. */
export const withWhims = (file: string): Readonly<Record<string, string>> => ({
  BUN_OPTIONS: `--preload=${import.meta.path}`,
  [variable]: file
})

const file = process.env[variable]
if (file !== undefined) begin(file)

function begin(path: string): void {
  const { now } = Date
  let whims: Whims = {}
  const read = (): void => {
    let next: Whims = {}
    try {
      next = JSON.parse(readFileSync(path, "utf8")) as Whims
    } catch {
      // There is none yet, or it is just being written.
      return
    }
    const jump = (next.clock ?? 0) - (whims.clock ?? 0)
    if (jump !== 0) process.stderr.write(`harness: the clock jumps by ${jump} ms\n`)
    whims = next
  }
  read()
  setInterval(read, 50).unref()

  Date.now = () => now() + (whims.clock ?? 0)
  globalThis.Date = new Proxy(Date, {
    construct: (target, args: [], self) =>
      Reflect.construct(target, args.length === 0 ? [target.now()] : args, self) as Date
  })

  const connect = Socket.prototype.connect
  Socket.prototype.connect = function (this: Socket, ...args: ReadonlyArray<unknown>) {
    if (whims.noNames !== true) return Reflect.apply(connect, this, args) as Socket
    const { host = "localhost" } = ([args[0]].flat()[0] ?? {}) as Partial<NetConnectOpts> & { host?: string }
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
      code: "ENOTFOUND",
      syscall: "getaddrinfo",
      hostname: host
    })
    process.nextTick(() => this.destroy(error))
    return this
  }
}
