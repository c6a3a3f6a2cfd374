/**
 * Which warnings of something that is tried again and again are logged already: each text once, until it works. Lives as
 * long as what is tried.
 */

export interface LogOnce {
  /** Is this text new since it last worked? Then it is to be logged. */
  readonly isNew: (text: string) => boolean
  /** It worked: what comes next is news again. */
  readonly worked: () => void
}

/** At most so many different texts are remembered, and so logged, until it works. */
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
