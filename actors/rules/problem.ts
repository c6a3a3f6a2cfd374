/** What can be wrong with a rule: found when it is read, or when one of its templates is rendered. */

/** A rule that cannot be used. `field` is a path like `do.call.url`; `line` is that of the file, from 1, where known. */
export class RuleProblem extends Error {
  readonly rule: string | undefined
  readonly field: string | undefined
  readonly line: number | undefined

  constructor(
    message: string,
    where: {
      readonly rule?: string | undefined
      readonly field?: string | undefined
      readonly line?: number | undefined
    } = {}
  ) {
    super(message)
    this.name = "RuleProblem"
    this.rule = where.rule
    this.field = where.field
    this.line = where.line
  }

  /** One sentence for people: `line 4, rule "notify", field when.all: …`. */
  get sentence(): string {
    const where = [
      ...(this.line === undefined ? [] : [`line ${this.line}`]),
      ...(this.rule === undefined ? [] : [`rule "${this.rule}"`]),
      ...(this.field === undefined ? [] : [`field ${this.field}`])
    ]
    return where.length === 0 ? this.message : `${where.join(", ")}: ${this.message}`
  }
}

/** A template that cannot be rendered for an event, or gives nothing that can be sent. The message is a sentence. */
export class TemplateProblem extends Error {
  constructor(message: string) {
    super(message)
    this.name = "TemplateProblem"
  }
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
