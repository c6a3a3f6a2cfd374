/** Subjects of the bus: names of parts separated by dots, as NATS has them. */

/** May something be sent to it? */
export const isSubject = (subject: string): boolean => subject !== "" && !/[\s*>]/.test(subject)

/**
 * A test whether subjects belong to a pattern: `*` stands for one part, `>` as the last part for one or more.
 */
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
