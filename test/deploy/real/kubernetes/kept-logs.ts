/**
 * The logs of pods that are gone too: the kubelet removes a pod's log with the pod, so each file gets a second name as soon as
 * it is there. Looks every second from `keepLogs` until this process ends.
 */
import { globSync, linkSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export interface KeptLogs {
  /** How many lines matched since that time (milliseconds since 1970), over all pods of an actor. */
  readonly count: (actor: string, pattern: RegExp, since: number) => number
}

/** Keeps the logs below `folder`/real-*\/logs. */
export const keepLogs = (folder: string): KeptLogs => {
  const kept = join(folder, "kept-logs")
  mkdirSync(kept, { recursive: true })
  const look = (): void => {
    for (const path of globSync(join(folder, "real-*", "logs", "*", "*", "*.log"))) {
      try {
        linkSync(path, join(kept, path.split("/").slice(-3).join("_")))
      } catch {
        // It has its second name, or its pod went at this moment.
      }
    }
  }
  setInterval(look, 1_000).unref()
  return {
    count: (actor, pattern, since) => {
      look()
      const from = new Date(since).toISOString()
      return readdirSync(kept)
        .filter((name) => name.includes(`_${actor}_`))
        .flatMap((name) => readFileSync(join(kept, name), "utf8").split("\n"))
        .filter((line) => line > from && pattern.test(line)).length
    }
  }
}
