/** Ways to damage a database file of about 100 pages while no process has it open. */
import { closeSync, openSync, statSync, truncateSync, writeSync } from "node:fs"

const pageSize = 4096

const overwrite = (path: string, at: number, bytes: Uint8Array): void => {
  const file = openSync(path, "r+")
  writeSync(file, bytes, 0, bytes.length, at)
  closeSync(file)
}

const pages = (path: string): number => Math.floor(statSync(path).size / pageSize)

export const spoil = {
  "a page in the middle": (path: string): void =>
    overwrite(path, Math.floor(pages(path) / 2) * pageSize, new Uint8Array(pageSize)),
  "several pages full of something else": (path: string): void => {
    for (const part of [0.3, 0.5, 0.7])
      overwrite(path, Math.floor(pages(path) * part) * pageSize, new Uint8Array(pageSize).fill(0x41))
  },
  "the last third": (path: string): void => truncateSync(path, Math.floor((pages(path) * 2) / 3) * pageSize),
  "the first page": (path: string): void =>
    overwrite(path, 0, Buffer.from("this is no database".repeat(200)).subarray(0, pageSize))
} as const
