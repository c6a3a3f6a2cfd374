/** Subjects of the bus: parts separated by dots, as in NATS. */

/** A subject to send to, without wildcards. */
export const isSubject = (subject: string): boolean => subject !== "" && !/[\s*>]/.test(subject)

/** Returns a test whether a subject matches the pattern: `*` matches one part, `>` as the last part one or more. */
export const matcher = (pattern: string): ((subject: string) => boolean) => {
  const parts = pattern.split(".")
  const isOpen = parts.at(-1) === ">"
  const fixed = isOpen ? parts.slice(0, -1) : parts
  if (!isOpen && !fixed.includes("*")) return (subject) => subject === pattern
  return (subject) => {
    const names = subject.split(".")
    if (isOpen ? names.length <= fixed.length : names.length !== fixed.length) return false
    return fixed.every((part, i) => part === "*" || part === names[i])
  }
}
