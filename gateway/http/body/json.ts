/**
 * JSON as it is written: numbers keep their digits, names may stand twice, and nothing becomes a property of a
 * JavaScript object, so that no name means anything here. What goes beyond the caps is read past, but not kept.
 */
import { maxDepth, maxValues } from "./limits.ts"

/** A number as it is written. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An object: names and values in their order. */
export class JsonObject {
  readonly pairs: ReadonlyArray<readonly [name: string, value: Json]>
  constructor(pairs: JsonObject["pairs"]) {
    this.pairs = pairs
  }
}

export type Json = null | boolean | string | JsonNumber | JsonObject | ReadonlyArray<Json>

/** Where and why a text is no JSON; `message` is a sentence. */
export class InvalidJson extends Error {}

/** Nothing that is meant seriously lies so deep; beyond it a text is not read to its end. */
const deepest = 64

/** One value, and what is too much about it: then it is not whole. */
export interface Bounded {
  readonly value: Json
  readonly excess: string | undefined
}

/** Reads values out of a text, one after the other. All methods throw `InvalidJson` where the text is none. */
export class JsonReader {
  private at = 0
  private values = 0
  private excess: string | undefined
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** Is there nothing more but white space? */
  get isAtEnd(): boolean {
    this.skipSpace()
    return this.at === this.text.length
  }

  /** Where the next value, name or sign begins, in characters of the text. */
  get place(): number {
    this.skipSpace()
    return this.at
  }

  /** Goes past that character, when it stands next. */
  takes(char: string): boolean {
    this.skipSpace()
    if (this.text[this.at] !== char) return false
    this.at += 1
    return true
  }

  /** Goes past that character, which must stand next. */
  expect(char: string): void {
    if (!this.takes(char)) this.fail(`"${char}" was expected`)
  }

  /** The next value, with its own count of values and depth. */
  bounded(): Bounded {
    this.values = 0
    this.excess = undefined
    const value = this.read(0)
    return { value, excess: this.excess }
  }

  /** A name and its colon. */
  name(): string {
    this.skipSpace()
    if (this.text[this.at] !== '"') this.fail("a name was expected")
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
      } else if (!(code >= 32)) this.fail("a text does not end")
    }
    this.at = at + 1
    if (isPlain) return this.text.slice(start + 1, at)
    try {
      return JSON.parse(this.text.slice(start, this.at)) as string
    } catch {
      return this.fail("a text is written wrong")
    }
  }

  private number(): JsonNumber {
    numberAt.lastIndex = this.at
    const digits = numberAt.exec(this.text)?.[0]
    if (digits === undefined) return this.fail("a value was expected")
    this.at += digits.length
    this.count()
    return new JsonNumber(digits)
  }

  private word<A extends boolean | null>(word: string, value: A): A {
    if (!this.text.startsWith(word, this.at)) this.fail("a value was expected")
    this.at += word.length
    this.count()
    return value
  }

  private enter(depth: number): void {
    this.at += 1
    if (depth > deepest) this.fail("values lie too deep in each other")
    if (depth > maxDepth) this.excess ??= `Values may lie ${maxDepth} deep in each other.`
  }

  private count(): void {
    this.values += 1
    if (this.values > maxValues) this.excess ??= `An event may have ${maxValues} values.`
  }

  private skipSpace(): void {
    for (; ; this.at++) {
      const code = this.text.charCodeAt(this.at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
    }
  }

  private fail(what: string): never {
    throw new InvalidJson(`This is no JSON: ${what} at place ${this.at}.`)
  }
}

const numberAt = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** The one value that a text is. Throws `InvalidJson`. */
export const readJson = (text: string): Bounded => {
  const reader = new JsonReader(text)
  const bounded = reader.bounded()
  if (!reader.isAtEnd) throw new InvalidJson("This is no JSON: something follows its end.")
  return bounded
}
