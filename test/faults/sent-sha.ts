/** By which hash a script of the queue, of projections or of links is known on its way to Redis: that of what a writer sends. */
import { createHash } from "node:crypto"
import { guarded } from "../../bridge/redis/writer.ts"

export const sentSha = (script: string): string => createHash("sha1").update(guarded(script)).digest("hex")
