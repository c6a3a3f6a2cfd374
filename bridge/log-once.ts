/**
 * Deduplicates warnings of a repeated operation: each text is logged once until the operation succeeds. Lives as long as
 * the operation is repeated.
 */

export interface LogOnce {
  /** True for a text that must be logged: it is new since the last success. */
  readonly isNew: (text: string) => boolean
  /** The operation succeeded: all texts are new again. */
  readonly worked: () => void
}

/** Different texts that are logged until the operation succeeds. */
const maxTexts = 16

export const makeLogOnce = (): LogOnce => {
  const texts = new Set<string>()
  return {
    isNew: (text) => {
      if (texts.has(text) || texts.size >= maxTexts) return false
      texts.add(text)
      return true
    },
    worked: () => texts.clear()
  }
}
