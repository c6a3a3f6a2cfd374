/**
 * Whether this process was started by `npm start` or `npm run …`: npm puts a shell between, which ends at a signal without
 * passing it on, and npm with it. Then this process would go on with nobody to end it, so it looks whether its shell
 * still lives. Lives as long as the process.
 */

/** Between two looks, milliseconds. */
const pause = 500

/** A script of ours, not one of somebody's that starts Spoor and leaves it running. */
const isOurs = (process.env.npm_lifecycle_script ?? "").startsWith("bun actors/")
const launcher = process.ppid

/** Calls `gone` once when the shell has ended. Returns what ends the watch. */
export const whenLauncherEnds = (gone: () => void): (() => void) => {
  if (!isOurs) return () => {}
  const timer = setInterval(() => {
    if (process.ppid === launcher) return
    clearInterval(timer)
    gone()
  }, pause)
  return () => clearInterval(timer)
}
