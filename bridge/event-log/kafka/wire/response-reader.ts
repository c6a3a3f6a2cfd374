/** Fields of a broker's answer, read one behind the other. Lives as long as one answer is read. */
import type { Buffer } from "node:buffer"

export class Fields {
  private readonly all: Buffer
  private at = 0

  constructor(all: Buffer) {
    this.all = all
  }

  int16(): number {
    this.at += 2
    return this.all.readInt16BE(this.at - 2)
  }

  int32(): number {
    this.at += 4
    return this.all.readInt32BE(this.at - 4)
  }

  int64(): bigint {
    this.at += 8
    return this.all.readBigInt64BE(this.at - 8)
  }

  text(): string {
    const start = this.skip(this.int16())
    return this.all.toString("utf8", start, this.at)
  }

  textOrNull(): string | null {
    const length = this.int16()
    if (length < 0) return null
    const start = this.skip(length)
    return this.all.toString("utf8", start, this.at)
  }

  /** None where there are none. */
  bytes(): Buffer {
    const start = this.skip(Math.max(0, this.int32()))
    return this.all.subarray(start, this.at)
  }

  /** Returns where it was. */
  skip(count: number): number {
    const start = this.at
    this.at += count
    return start
  }
}
