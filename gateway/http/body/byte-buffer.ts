/** A growing buffer for the chunks of a body: a body of a million tiny chunks costs no more memory than its bytes. */

/** Thrown by `add` when the buffer would exceed its limit. */
export class BufferFull extends Error {}

export class ByteBuffer {
  private whole: Uint8Array = new Uint8Array(0)
  private size = 0
  private readonly maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Appends a chunk. Throws `BufferFull` instead when it would exceed the limit. */
  add(chunk: Uint8Array): void {
    const size = this.size + chunk.byteLength
    if (size > this.maxBytes) throw new BufferFull()
    if (this.size === 0) {
      this.whole = chunk
    } else {
      if (size > this.whole.byteLength) this.grow(Math.min(this.maxBytes, Math.max(size, 2 * this.size)))
      this.whole.set(chunk, this.size)
    }
    this.size = size
  }

  get bytes(): Uint8Array {
    return this.whole.subarray(0, this.size)
  }

  private grow(capacity: number): void {
    const larger = new Uint8Array(capacity)
    larger.set(this.bytes)
    this.whole = larger
  }
}
