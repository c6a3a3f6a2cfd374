/**
 * Makes a screenshot several times smaller by reducing it to 256 colours, which is enough for a page. Reads the PNG format of
 * Chromium (eight bits, three or four channels, not interlaced) and drops transparency.
 */
import { Buffer } from "node:buffer"
import { crc32, deflateSync, inflateSync } from "node:zlib"

/** Maximum number of colours. */
const maxColours = 256

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

export const smaller = (png: Uint8Array): Uint8Array => {
  const { width, height, pixels } = read(Buffer.from(png))
  const palette = paletteOf(pixels)
  const nearest = nearestIn(palette)
  const rows = Buffer.alloc(height * (width + 1))
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = nearest(pixels[at++] ?? 0)
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))
  return Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("PLTE", colours),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0))
  ])
}

const chunk = (type: string, data: Uint8Array): Uint8Array => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.byteLength)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** The picture's pixels as 0xRRGGBB, row by row. */
const read = (png: Buffer): { width: number; height: number; pixels: Uint32Array } => {
  let [width, height, channels] = [0, 0, 4]
  const parts: Array<Uint8Array> = []
  for (let at = signature.length; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const type = png.toString("latin1", at + 4, at + 8)
    const data = png.subarray(at + 8, at + 8 + length)
    if (type === "IHDR") {
      width = data.readUInt32BE(0)
      height = data.readUInt32BE(4)
      channels = data[9] === 2 ? 3 : 4
    }
    if (type === "IDAT") parts.push(data)
    at += length + 12
  }
  const bytes = unfilter(inflateSync(Buffer.concat(parts)), width * channels, channels)
  const pixels = new Uint32Array(width * height)
  for (let i = 0; i < pixels.length; i++) {
    const at = i * channels
    pixels[i] = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
  }
  return { width, height, pixels }
}

/** Reverses the filter of each row (PNG specification, section 9). */
const unfilter = (rows: Uint8Array, width: number, channels: number): Uint8Array => {
  const height = rows.length / (width + 1)
  const bytes = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (width + 1)]
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const left = x < channels ? 0 : (bytes[at - channels] ?? 0)
      const up = y === 0 ? 0 : (bytes[at - width] ?? 0)
      const corner = x < channels || y === 0 ? 0 : (bytes[at - width - channels] ?? 0)
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? 0] ?? 0
      bytes[at] = (rows[y * (width + 1) + 1 + x] ?? 0) + guess
    }
  }
  return bytes
}

const paeth = (left: number, up: number, corner: number): number => {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}

/** Three quarters of the palette are the most frequent colours; the others have the largest frequency × distance to the palette. */
const paletteOf = (pixels: Uint32Array): ReadonlyArray<number> => {
  const counts = new Map<number, number>()
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
  const frequent = [...counts].toSorted(([, a], [, b]) => b - a)
  const palette = frequent.slice(0, (maxColours * 3) / 4).map(([colour]) => colour)
  const rest = frequent.slice(palette.length).map(([colour, count]) => ({
    colour,
    count,
    far: Math.min(...palette.map((one) => distance(one, colour)))
  }))
  while (palette.length < Math.min(maxColours, frequent.length)) {
    const missed = rest.reduce((one, other) => (other.count * other.far > one.count * one.far ? other : one))
    palette.push(missed.colour)
    for (const one of rest) one.far = Math.min(one.far, distance(one.colour, missed.colour))
  }
  return palette
}

/** The squared distance of two colours: the sum of the squared differences of their channels. */
const distance = (one: number, other: number): number => {
  const red = (one >> 16) - (other >> 16)
  const green = ((one >> 8) & 255) - ((other >> 8) & 255)
  const blue = (one & 255) - (other & 255)
  return red * red + green * green + blue * blue
}

const nearestIn = (palette: ReadonlyArray<number>): ((colour: number) => number) => {
  const known = new Map(palette.map((colour, place) => [colour, place]))
  const find = (colour: number): number =>
    palette.reduce(
      (best, one, place) => (distance(one, colour) < distance(palette[best] ?? 0, colour) ? place : best),
      0
    )
  return (colour) => {
    const place = known.get(colour) ?? find(colour)
    known.set(colour, place)
    return place
  }
}
