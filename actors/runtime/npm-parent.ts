/**
 * Detects the end of `npm start` or `npm run …`. npm starts a shell in between, which ends at a signal without passing it
 * on, and npm ends with it. This process would keep running unsupervised, so it checks whether that shell still lives.
 * Runs as long as the process.
 */

/** The pause between two checks, milliseconds. */
const checkIntervalMs = 500

/** Whether one of Spoor's own npm scripts started this process. Other programs may start Spoor and end before it. */
const isOurs = (process.env.npm_lifecycle_script ?? "").startsWith("bun actors/")
const launcher = process.ppid

/** Calls `gone` once when the shell has ended. Returns a function that stops the checks. */
export const whenLauncherEnds = (gone: () => void): (() => void) => {
  if (!isOurs) return () => {}
  const timer = setInterval(() => {
    if (process.ppid === launcher) return
    clearInterval(timer)
    gone()
  }, checkIntervalMs)
  return () => clearInterval(timer)
}
