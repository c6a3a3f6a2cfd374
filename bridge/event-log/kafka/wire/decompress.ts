/**
 * Unpacking what other producers compressed with LZ4 or Snappy, so that a consumer reads every topic. Both formats are
 * runs of literal bytes and of references back into what was already unpacked. Throws for bytes that are neither, and
 * for what is larger than the limit once it is unpacked.
 */

/** The most that a batch may be once it is unpacked, bytes, unless KAFKA_MAX_UNPACKED says otherwise. */
export const maxUnpacked = 32 * 1024 * 1024

/** What is unpacked so far, in a buffer that grows up to the limit. */
class Output {
  bytes: Buffer
  length = 0
  private readonly limit: number

  constructor(expected: number, limit: number) {
    this.bytes = Buffer.allocUnsafe(Math.min(Math.max(expected, 64), limit))
    this.limit = limit
  }

  literal(from: Buffer, start: number, count: number): void {
    if (start + count > from.length) throw new Error("compressed records end too early")
    this.#reserve(count)
    from.copy(this.bytes, this.length, start, start + count)
    this.length += count
  }

  /** Repeats `count` bytes from `distance` back; the two may overlap, so byte by byte. */
  repeat(distance: number, count: number): void {
    if (distance === 0 || distance > this.length) throw new Error("compressed records refer to nothing")
    this.#reserve(count)
    for (let i = 0; i < count; i++) {
      this.bytes[this.length] = this.bytes[this.length - distance] ?? 0
      this.length += 1
    }
  }

  all(): Buffer {
    return this.bytes.subarray(0, this.length)
  }

  #reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    if (this.length + count > this.limit) throw new Error("the records are larger than the limit")
    const larger = Buffer.allocUnsafe(Math.min(2 * (this.length + count), this.limit))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}

/** LZ4 in the frame format. Checksums are left to Kafka's own. */
export const unpackLz4 = (packed: Buffer, limit: number): Buffer => {
  if (packed.readUInt32LE(0) !== 0x184d2204) throw new Error("records are not an LZ4 frame")
  const flags = packed.readUInt8(4)
  const output = new Output(4 * packed.length, limit)
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0)
  for (;;) {
    const header = packed.readUInt32LE(at)
    if (header === 0) return output.all()
    const size = header & 0x7fffffff
    at += 4
    if (header === size) lz4Block(packed.subarray(at, at + size), output)
    else output.literal(packed, at, size)
    at += size + (flags & 0x10 ? 4 : 0)
  }
}

const lz4Block = (block: Buffer, output: Output): void => {
  let at = 0
  const length = (start: number): number => {
    if (start < 15) return start
    let sum = start
    for (;;) {
      const more = block.readUInt8(at++)
      sum += more
      if (more < 255) return sum
    }
  }
  while (at < block.length) {
    const token = block.readUInt8(at++)
    const literals = length(token >> 4)
    output.literal(block, at, literals)
    at += literals
    if (at >= block.length) return
    const distance = block.readUInt16LE(at)
    at += 2
    output.repeat(distance, length(token & 15) + 4)
  }
}

const javaSnappy = Buffer.from("\x82SNAPPY\0", "latin1")

/** Snappy, plain or in the blocks that Java's producers write. */
export const unpackSnappy = (packed: Buffer, limit: number): Buffer => {
  const output = new Output(4 * packed.length, limit)
  if (!packed.subarray(0, javaSnappy.length).equals(javaSnappy)) {
    snappyBlock(packed, output)
    return output.all()
  }
  for (let at = 16; at < packed.length; ) {
    const size = packed.readUInt32BE(at)
    snappyBlock(packed.subarray(at + 4, at + 4 + size), output)
    at += 4 + size
  }
  return output.all()
}

const snappyBlock = (block: Buffer, output: Output): void => {
  let at = 0
  while (block.readUInt8(at++) > 127) {
    // The unpacked size stands first, seven bits to a byte; the output grows by itself.
  }
  while (at < block.length) {
    const tag = block.readUInt8(at++)
    const kind = tag & 3
    if (kind === 0) {
      const short = tag >> 2
      const extra = short < 60 ? 0 : short - 59
      const count = (extra === 0 ? short : block.readUIntLE(at, extra)) + 1
      at += extra
      output.literal(block, at, count)
      at += count
    } else if (kind === 1) {
      output.repeat(((tag & 0xe0) << 3) | block.readUInt8(at), ((tag >> 2) & 7) + 4)
      at += 1
    } else {
      const width = kind === 2 ? 2 : 4
      output.repeat(block.readUIntLE(at, width), (tag >> 2) + 1)
      at += width
    }
  }
}
