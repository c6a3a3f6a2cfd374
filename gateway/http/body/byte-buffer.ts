/** Bytes that come in pieces, put together as they come: a body of a million tiny pieces costs no more than its bytes. */

/** Thrown by `add` when there are more bytes than there may be. */
export class BufferFull extends Error {}

/** At most so many bytes. */
export class ByteBuffer {
  private whole: Uint8Array = new Uint8Array(0)
  private size = 0
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** Puts a piece behind the others. Throws `BufferFull` instead when that is too much. */
  add(piece: Uint8Array): void {
    const size = this.size + piece.byteLength
    if (size > this.most) throw new BufferFull()
    if (this.size === 0) {
      this.whole = piece
    } else {
      if (size > this.whole.byteLength) this.grow(Math.min(this.most, Math.max(size, 2 * this.size)))
      this.whole.set(piece, this.size)
    }
    this.size = size
  }

  get bytes(): Uint8Array {
    return this.whole.subarray(0, this.size)
  }

  private grow(room: number): void {
    const larger = new Uint8Array(room)
    larger.set(this.bytes)
    this.whole = larger
  }
}
