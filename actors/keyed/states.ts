/** The states of keys during one commit: decoded when they are first read, encoded when they change. */
import { Schema } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { maxStateBytes } from "./limits.ts"

/** Converts the state of a key to bytes (JSON) and back. Both throw. */
export interface StateCodec<S> {
  readonly encode: (state: S) => Uint8Array
  readonly decode: (bytes: Uint8Array) => S
}

export const stateCodec = <S>(schema: Schema.Codec<S, unknown>): StateCodec<S> => {
  // Twice as fast as one schema of JSON text.
  const encode = Schema.encodeSync(schema)
  const decode = Schema.decodeUnknownSync(schema)
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()]
  return {
    encode: (state) => encoder.encode(JSON.stringify(encode(state))),
    decode: (bytes) => decode(JSON.parse(decoder.decode(bytes)))
  }
}

export interface LoadedStates<S> {
  /** The state of a key. Throws `Failure` "unreadable" when the stored one does not match the schema. */
  readonly get: (key: string) => S | undefined
  /** Throws an error with a sentence for a state that is too large or does not match the schema; nothing has changed then. */
  readonly set: (key: string, state: S | undefined) => void
  /** The new states; undefined for a removed one. */
  readonly changes: () => ReadonlyMap<string, Uint8Array | undefined>
  readonly changedBytes: () => number
  /** The number of keys whose state was read. */
  readonly touched: () => number
}

export const loadedStates = <S>(
  codec: StateCodec<S>,
  loaded: ReadonlyMap<string, Uint8Array>
): LoadedStates<S> => {
  const known = new Map<string, S | undefined>()
  const changed = new Map<string, Uint8Array | undefined>()
  let bytes = 0
  return {
    get: (key) => {
      if (known.has(key)) return known.get(key)
      const stored = loaded.get(key)
      const state = stored === undefined ? undefined : decoded(codec, key, stored)
      known.set(key, state)
      return state
    },
    set: (key, state) => {
      const encoded = state === undefined ? undefined : codec.encode(state)
      if (encoded !== undefined && encoded.length > maxStateBytes)
        throw new Error(
          `The state of a key has ${encoded.length} bytes; at most ${maxStateBytes} are allowed.`
        )
      bytes += (encoded?.length ?? 0) - (changed.get(key)?.length ?? 0)
      known.set(key, state)
      changed.set(key, encoded)
    },
    changes: () => changed,
    changedBytes: () => bytes,
    touched: () => known.size
  }
}

const decoded = <S>(codec: StateCodec<S>, key: string, stored: Uint8Array): S => {
  try {
    return codec.decode(stored)
  } catch (cause) {
    throw new Failure({
      reason: "unreadable",
      message: `The stored state of the key "${key}" does not match the schema of the actor; run a version whose schema reads it: ${String(cause)}`
    })
  }
}
