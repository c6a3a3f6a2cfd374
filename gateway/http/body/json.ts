/**
 * A lossless JSON reader: numbers keep their digits, duplicate names are kept, and names never become properties of a
 * JavaScript object, so that no name has a special meaning. Values over the limits are parsed but not kept.
 */

/** Maximum number of values and nesting depth of one `bounded` value. */
export const maxValues = 256
export const maxDepth = 8

/** A number as written. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An object: names and values in order. */
export class JsonObject {
  readonly pairs: ReadonlyArray<readonly [name: string, value: Json]>
  constructor(pairs: JsonObject["pairs"]) {
    this.pairs = pairs
  }
}

export type Json = null | boolean | string | JsonNumber | JsonObject | ReadonlyArray<Json>

/** Why and where a text is not valid JSON; `message` is a sentence. */
export class InvalidJson extends Error {}

/** Above this nesting depth parsing stops with an error. */
const maxParsedDepth = 64

/** One value. `excess` says which limit it exceeds; the value is then incomplete. */
export interface Bounded {
  readonly value: Json
  readonly excess: string | undefined
}

/** Reads values from a text, one after the other. All methods throw `InvalidJson` for invalid JSON. */
export class JsonReader {
  private at = 0
  private values = 0
  private excess: string | undefined
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** Whether only white space is left. */
  get isAtEnd(): boolean {
    this.skipSpace()
    return this.at === this.text.length
  }

  /** The position of the next token, characters. */
  get position(): number {
    this.skipSpace()
    return this.at
  }

  /** Fails when anything but white space is left. */
  expectEnd(): void {
    if (!this.isAtEnd) throw new InvalidJson("Invalid JSON: text after its end.")
  }

  /** Skips that character if it is next. */
  takes(char: string): boolean {
    this.skipSpace()
    if (this.text[this.at] !== char) return false
    this.at += 1
    return true
  }

  /** Skips that character, which must be next. */
  expect(char: string): void {
    if (!this.takes(char)) this.fail(`expected "${char}"`)
  }

  /** The next value, with its own limits of values and depth. */
  bounded(): Bounded {
    this.values = 0
    this.excess = undefined
    const value = this.read(0)
    return { value, excess: this.excess }
  }

  /** The next name, and its colon. */
  name(): string {
    this.skipSpace()
    if (this.text[this.at] !== '"') this.fail("expected a name")
    const name = this.string()
    this.expect(":")
    return name
  }

  private read(depth: number): Json {
    this.skipSpace()
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth + 1)
      case "[":
        return this.list(depth + 1)
      case '"':
        this.count()
        return this.string()
      case "t":
        return this.word("true", true)
      case "f":
        return this.word("false", false)
      case "n":
        return this.word("null", null)
      default:
        return this.number()
    }
  }

  private object(depth: number): JsonObject {
    this.enter(depth)
    const pairs: Array<readonly [string, Json]> = []
    if (this.takes("}")) {
      this.count()
      return new JsonObject(pairs)
    }
    do {
      const name = this.name()
      const value = this.read(depth)
      if (this.excess === undefined) pairs.push([name, value])
    } while (this.takes(","))
    this.expect("}")
    return new JsonObject(pairs)
  }

  private list(depth: number): ReadonlyArray<Json> {
    this.enter(depth)
    const items: Array<Json> = []
    if (this.takes("]")) {
      this.count()
      return items
    }
    do {
      const value = this.read(depth)
      if (this.excess === undefined) items.push(value)
    } while (this.takes(","))
    this.expect("]")
    return items
  }

  private string(): string {
    const start = this.at
    let at = start + 1
    let isPlain = true
    for (; ; at++) {
      const code = this.text.charCodeAt(at)
      if (code === 34) break
      if (code === 92) {
        isPlain = false
        at += 1
      } else if (!(code >= 32)) this.fail("unterminated string")
    }
    this.at = at + 1
    if (isPlain) return this.text.slice(start + 1, at)
    try {
      return JSON.parse(this.text.slice(start, this.at)) as string
    } catch {
      return this.fail("invalid string")
    }
  }

  private number(): JsonNumber {
    numberAt.lastIndex = this.at
    const digits = numberAt.exec(this.text)?.[0]
    if (digits === undefined) return this.fail("expected a value")
    this.at += digits.length
    this.count()
    return new JsonNumber(digits)
  }

  private word<A extends boolean | null>(word: string, value: A): A {
    if (!this.text.startsWith(word, this.at)) this.fail("expected a value")
    this.at += word.length
    this.count()
    return value
  }

  private enter(depth: number): void {
    this.at += 1
    if (depth > maxParsedDepth) this.fail("nested too deeply")
    if (depth > maxDepth) this.excess ??= `Values may be nested at most ${maxDepth} levels deep.`
  }

  private count(): void {
    this.values += 1
    if (this.values > maxValues) this.excess ??= `At most ${maxValues} values are allowed.`
  }

  private skipSpace(): void {
    for (; ; this.at++) {
      const code = this.text.charCodeAt(this.at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
    }
  }

  private fail(what: string): never {
    throw new InvalidJson(`Invalid JSON: ${what} at position ${this.at}.`)
  }
}

const numberAt = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** Parses a text with exactly one value. Throws `InvalidJson`. */
export const readJson = (text: string): Bounded => {
  const reader = new JsonReader(text)
  const bounded = reader.bounded()
  reader.expectEnd()
  return bounded
}
