/** Why a file of actors cannot be loaded, as one sentence for its author: it does not compile, an import is missing, it throws. Pure. */

/** The sentence; `cause` is what the import of the file threw. Bun and Deno throw different errors for the same fault. */
export const loadingFault = (file: string, cause: unknown): string => {
  const text = textOf(cause)
  if (isSyntaxError(cause))
    return `${file} does not compile: ${withoutEnd(text)}. Correct it; tsc --noEmit lists all errors`
  if (codeOf(cause) === "ERR_MODULE_NOT_FOUND")
    return `${file} cannot be loaded: ${withoutEnd(text)}. Correct the path of that import, or install the package`
  return `${file} throws while it is loaded: ${withoutEnd(text)}. Correct it, or move that work into what the actor builds`
}

const codeOf = (cause: unknown): unknown =>
  typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined

/** Bun throws its own classes, of which several errors of one file are an AggregateError. */
const isSyntaxError = (cause: unknown): boolean =>
  cause instanceof SyntaxError ||
  nameOf(cause) === "BuildMessage" ||
  (cause instanceof AggregateError && cause.errors.some((one) => nameOf(one) === "BuildMessage")) ||
  (cause instanceof TypeError && cause.message.startsWith("SyntaxError: "))

const nameOf = (cause: unknown): string | undefined =>
  typeof cause === "object" && cause !== null ? cause.constructor.name : undefined

/** The first line of the first error, with the place where Bun tells it apart from the text. */
const textOf = (cause: unknown): string => {
  const first = cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause
  const message = first instanceof Error || hasMessage(first) ? String(first.message) : String(first)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Deno colours a part of its messages.
  const [line = ""] = message.replaceAll(/\u001b\[\d*m/g, "").split("\n")
  return `${line.replace(/^SyntaxError: /, "")}${placeOf(first)}`
}

const hasMessage = (value: unknown): value is { readonly message: unknown } =>
  typeof value === "object" && value !== null && "message" in value

const placeOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null || !("position" in error)) return ""
  const { position } = error as {
    readonly position: { readonly line: number; readonly column: number } | null
  }
  return position === null ? "" : ` (line ${position.line}, column ${position.column})`
}

const withoutEnd = (text: string): string => text.replace(/\.$/, "")
