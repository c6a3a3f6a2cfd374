/** Deno KV in memory, for tests of the logic around it: versions, atomic operations and counters, as far as they are used. */
import type { Kv } from "../../../gateway/edge-runtime/kv-lines.ts"

type Key = ReadonlyArray<string | number>
type Atomic = ReturnType<Kv["atomic"]>

export class U64 {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

const textOf = (key: Key): string => JSON.stringify(key)

export const memoryKv = (): Kv => {
  const entries = new Map<
    string,
    { readonly key: Key; readonly value: unknown; readonly versionstamp: string }
  >()
  let version = 0

  const store = (key: Key, value: unknown): void => {
    // Deno stores the whole buffer behind a view.
    const bytes =
      value instanceof Uint8Array ? value : (value as { readonly blob?: Uint8Array } | undefined)?.blob
    if ((bytes?.buffer.byteLength ?? 0) > 65_536) throw new Error("Value too large (max 65536 bytes)")
    version += 1
    entries.set(textOf(key), { key, value, versionstamp: String(version) })
  }

  const atomic = (): Atomic => {
    const checks: Array<() => boolean> = []
    const changes: Array<() => void> = []
    const self: Atomic = {
      check: ({ key, versionstamp }) => {
        checks.push(() => (entries.get(textOf(key))?.versionstamp ?? null) === versionstamp)
        return self
      },
      set: (key, value) => {
        changes.push(() => store(key, value))
        return self
      },
      delete: (key) => {
        changes.push(() => void entries.delete(textOf(key)))
        return self
      },
      mutate: ({ key, value }) => {
        changes.push(() => {
          const before = (entries.get(textOf(key))?.value as U64 | undefined)?.value ?? 0n
          store(key, new U64(BigInt.asUintN(64, before + (value as U64).value)))
        })
        return self
      },
      commit: async () => {
        const ok = checks.every((check) => check())
        if (ok) for (const change of changes) change()
        return { ok }
      }
    }
    return self
  }

  return {
    get: async (key) => entries.get(textOf(key)) ?? { key, value: null, versionstamp: null },
    list: async function* ({ prefix }, { limit }) {
      const found = [...entries.values()].filter(({ key }) =>
        prefix.every((part, index) => key[index] === part)
      )
      const inOrder = found.sort((one, other) => (textOf(one.key) < textOf(other.key) ? -1 : 1))
      yield* inOrder.slice(0, limit)
    },
    atomic
  }
}
