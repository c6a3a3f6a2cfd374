/** A small disk that can be filled: a tmpfs mounted as a folder. Needs root on Linux. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeSync } from "node:fs"
import { open } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import type { World } from "./world.ts"

const run = promisify(execFile)
const mebibyte = 1024 * 1024

export interface SmallDisk {
  readonly folder: string
  /** Fills the disk except for the given bytes. */
  readonly fill: (but: number) => Promise<void>
  /** Frees the space again. */
  readonly clear: () => void
}

/** Mounts the disk until the world ends, on `folder` or on a new folder. Fails with a sentence without root or on other systems. */
export const smallDisk = async (
  world: Pick<World, "later">,
  megabytes: number,
  folder?: string
): Promise<SmallDisk> => {
  const at = folder ?? mkdtempSync(join(tmpdir(), "spoor-disk-"))
  await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "spoor-faults", at]).catch(
    (error: unknown) => {
      throw new Error("A small disk needs root on Linux.", { cause: error })
    }
  )
  world.later(async () => {
    // Lazy unmount: a server may keep files open until the world ends it.
    await run("umount", ["-l", at])
    if (folder === undefined) rmSync(at, { recursive: true, force: true })
  })
  const filler = join(at, "filler")
  return {
    folder: at,
    fill: async (but) => {
      const { stdout } = await run("df", ["-B1", "--output=avail", at])
      const left = Number(stdout.trim().split("\n").at(-1)) - but
      const file = await open(filler, "w")
      const block = Buffer.alloc(mebibyte)
      try {
        for (let written = 0; written < left; ) {
          written += writeSync(file.fd, block, 0, Math.min(mebibyte, left - written))
        }
      } catch (error) {
        // Another writer has used the rest of the space.
        if (!String(error).includes("ENOSPC")) throw error
      } finally {
        await file.close()
      }
    },
    clear: () => rmSync(filler, { force: true })
  }
}
