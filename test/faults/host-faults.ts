/**
 * Host faults of an actor's process: its clock jumps, or no host name can be resolved, as a file defines at each moment.
 * Loaded first (`bun --preload`, by `withHostFaults`); lives as long as the process.
 */
import { readFileSync } from "node:fs"
import { type NetConnectOpts, Socket } from "node:net"

/** The content of the file, as JSON; a missing file means no faults. */
export interface HostFaults {
  /** Offset of the clock, milliseconds. */
  readonly clock?: number
  /** New connections fail with ENOTFOUND, as if no name server responded. */
  readonly noNames?: boolean
}

const variable = "HOST_FAULTS_FILE"

/** The environment of an actor with the faults of this file. */
export const withHostFaults = (file: string): Readonly<Record<string, string>> => ({
  BUN_OPTIONS: `--preload=${import.meta.path}`,
  [variable]: file
})

const file = process.env[variable]
if (file !== undefined) begin(file)

function begin(path: string): void {
  const { now } = Date
  let faults: HostFaults = {}
  const read = (): void => {
    let next: HostFaults = {}
    try {
      next = JSON.parse(readFileSync(path, "utf8")) as HostFaults
    } catch {
      // The file does not exist yet, or is being written.
      return
    }
    const jump = (next.clock ?? 0) - (faults.clock ?? 0)
    if (jump !== 0) process.stderr.write(`harness: the clock jumps by ${jump} ms\n`)
    faults = next
  }
  read()
  setInterval(read, 50).unref()

  Date.now = () => now() + (faults.clock ?? 0)
  globalThis.Date = new Proxy(Date, {
    construct: (target, args: [], self) =>
      Reflect.construct(target, args.length === 0 ? [target.now()] : args, self) as Date
  })

  const connect = Socket.prototype.connect
  Socket.prototype.connect = function (this: Socket, ...args: ReadonlyArray<unknown>) {
    if (faults.noNames !== true) return Reflect.apply(connect, this, args) as Socket
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
