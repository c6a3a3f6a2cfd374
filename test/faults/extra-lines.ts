/** Additional lines of a case in the pushtech dialect. */
import { Buffer } from "node:buffer"
import { eventually } from "../support/eventually.ts"
import type { World } from "./world.ts"

/** Makes lines with these parameters; `n` is the event's number. For `world.load.push`. */
export const extraLine =
  (params: string) =>
  (n: number): Buffer =>
    Buffer.from(`8.8.1.1 1795206900000 trk.example.com nopod /t/extra id=${n}&${params} curl/8.6.0`)

/** Makes lines of about `bytes` bytes. */
export const lineOfSize = (bytes: number): ((n: number) => Buffer) =>
  extraLine(`fill=${"x".repeat(Math.max(0, bytes - 90))}`)

/** Pushes `total` bytes in lines of `bytes` each; returns when these and all earlier lines have left the queue. */
export const pushThrough = async (world: World, total: number, bytes: number): Promise<void> => {
  await world.load.push(Math.ceil(total / bytes), lineOfSize(bytes))
  await eventually(
    `${total} bytes in lines of ${bytes} are stored`,
    async () => {
      const { waiting, claimed } = await world.queue.depth()
      return waiting < world.load.rate / 2 && claimed < 8
    },
    120_000
  )
}
