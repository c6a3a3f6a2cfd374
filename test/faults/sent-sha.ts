/** The hash of a script as a writer sends it to Redis, to recognise its calls in a proxy. */
import { createHash } from "node:crypto"
import { guarded } from "../../bridge/redis/writer.ts"

export const sentSha = (script: string): string => createHash("sha1").update(guarded(script)).digest("hex")
