/**
 * MessagePack in its smallest forms (fixmap, str8, uint16 …), as most libraries write it. Our own writer uses map16 for
 * every map; readers must accept both, and the golden vectors contain both.
 */

const utf8 = new TextEncoder()

/** The value as MessagePack: maps, lists, texts, bytes, integers (as `number` or `bigint`), floats, booleans and null. */
export const compact = (value: unknown): Uint8Array => Uint8Array.from(bytesOf(value))

const bytesOf = (value: unknown): ReadonlyArray<number> => {
  if (value === null) return [0xc0]
  if (typeof value === "boolean") return [value ? 0xc3 : 0xc2]
  if (typeof value === "bigint" || Number.isInteger(value)) return integer(BigInt(value as bigint | number))
  if (typeof value === "number") return [0xcb, ...float(value)]
  if (typeof value === "string") {
    const text = utf8.encode(value)
    return [...(text.length < 32 ? [0xa0 + text.length] : sized(text.length, [0xd9, 0xda, 0xdb])), ...text]
  }
  if (value instanceof Uint8Array) return [...sized(value.length, [0xc4, 0xc5, 0xc6]), ...value]
  if (Array.isArray(value)) return [...short(value.length, 0x90, 0xdc), ...value.flatMap(bytesOf)]
  const entries = Object.entries(value as object)
  return [...short(entries.length, 0x80, 0xde), ...entries.flat().flatMap(bytesOf)]
}

/** The head of a list or map: in one byte below 16 elements, else with 16 bits. */
const short = (length: number, small: number, large: number): ReadonlyArray<number> =>
  length < 16 ? [small + length] : [large, ...unsigned(BigInt(length), 2)]

/** The head of a text or of bytes, with 8, 16 or 32 bits for the length. */
const sized = (length: number, heads: readonly [number, number, number]): ReadonlyArray<number> => {
  const width = length < 0x100 ? 0 : length < 0x1_0000 ? 1 : 2
  return [heads[width] ?? 0, ...unsigned(BigInt(length), 2 ** width)]
}

const integer = (value: bigint): ReadonlyArray<number> => {
  if (value >= 0n) {
    if (value < 0x80n) return [Number(value)]
    const width = value < 0x100n ? 0 : value < 0x1_0000n ? 1 : value < 0x1_0000_0000n ? 2 : 3
    return [0xcc + width, ...unsigned(value, 2 ** width)]
  }
  if (value >= -32n) return [Number(value + 256n)]
  const width = value >= -0x80n ? 0 : value >= -0x8000n ? 1 : value >= -0x8000_0000n ? 2 : 3
  return [0xd0 + width, ...unsigned(BigInt.asUintN(8 * 2 ** width, value), 2 ** width)]
}

const unsigned = (value: bigint, width: number): ReadonlyArray<number> =>
  Array.from({ length: width }, (_, at) => Number((value >> BigInt(8 * (width - 1 - at))) & 0xffn))

const float = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value)
  return bytes
}
