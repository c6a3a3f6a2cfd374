/** Checks an OpenAPI 3.1 document, as far as possible without its meta schema. */

export interface Document {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>> & {
    readonly responses: Readonly<Record<string, unknown>>
  }
}

interface OperationObject {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly $ref?: string }>>
  readonly parameters?: ReadonlyArray<{
    readonly name?: string
    readonly in?: string
    readonly $ref?: string
  }>
  readonly security?: ReadonlyArray<Readonly<Record<string, unknown>>>
}

/** Problems as sentences; empty for a valid document. */
export const problemsOf = (document: Document): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  )
  if (document.info.title === "" || document.info.version === "") problems.push("info is not whole")
  const ids = operations.map(({ operation }) => operation.operationId)
  if (new Set(ids).size !== ids.length) problems.push("an operationId stands twice")

  for (const { path, method, operation } of operations) {
    const where = `${method} ${path}`
    if (!path.startsWith("/")) problems.push(`${where}: handledBy not begin with /`)
    if (!/^(get|post|put|delete|head)$/.test(method)) problems.push(`${where}: no method`)
    const named = (operation.parameters ?? []).filter((one) => one.in === "path").map(({ name }) => name)
    const inPath = Array.from(path.matchAll(/\{([^}]+)\}/g), ([, name]) => name)
    if (named.join() !== inPath.join()) problems.push(`${where}: its path parameters are ${named}`)
    const statuses = Object.keys(operation.responses)
    if (statuses.length === 0) problems.push(`${where}: responses nothing`)
    for (const [status, response] of Object.entries(operation.responses)) {
      if (!/^[1-5]\d\d$/.test(status)) problems.push(`${where}: ${status} is no status`)
      if (response.$ref === undefined && !response.description)
        problems.push(`${where} ${status}: says nothing`)
    }
    for (const scheme of (operation.security ?? []).flatMap(Object.keys)) {
      if (document.components.securitySchemes?.[scheme] === undefined)
        problems.push(`${where}: ${scheme} is no security scheme`)
    }
  }

  for (const reference of referencesIn(document)) {
    const parts = reference.replace(/^#\//, "").split("/")
    const found = parts.reduce<unknown>(
      (inside, part) =>
        inside === null || typeof inside !== "object" ? undefined : Reflect.get(inside, part),
      document
    )
    if (!reference.startsWith("#/components/") || found === undefined) {
      problems.push(`${reference} leads nowhere`)
    }
  }
  return problems
}

const referencesIn = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (value === null || typeof value !== "object") return []
  return Object.entries(value).flatMap(([name, inside]) =>
    name === "$ref" && typeof inside === "string" ? [inside] : referencesIn(inside)
  )
}
