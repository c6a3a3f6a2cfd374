/**
 * The JSON Schema of a rules file, for editors: `# yaml-language-server: $schema=…/contracts/rules.json`. It refuses unknown
 * fields; what conditions and templates mean is checked by `bun run rules check`.
 */
import { Schema } from "effect"
import { RulesFile } from "../../contracts/reactions/rule.ts"

type Part = Readonly<Record<string, unknown>>

/** The schema, with the definitions that it refers to. */
export const rulesSchema = (): Part => {
  const { schema, definitions } = Schema.toJsonSchemaDocument(RulesFile)
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "/contracts/rules.json",
    title: "Rules of Spoor",
    description:
      'Which events cause something, how often, and what is done: "Reactions" in actors/README.md.',
    ...(strict(schema) as Part),
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: strict(definitions) })
  }
}

/** Objects whose fields are known have no others; a description beside a type is where editors look for it. */
const strict = (part: unknown): unknown => {
  if (Array.isArray(part)) return part.map(strict)
  if (typeof part !== "object" || part === null) return part
  const { allOf, ...own } = Object.fromEntries(
    Object.entries(part).map(([name, value]) => [name, strict(value)])
  )
  const hasFields = own.type === "object" && typeof own.properties === "object" && own.properties !== null
  return { ...own, ...beside(allOf), ...(hasFields ? { additionalProperties: false } : {}) }
}

/** The one part of an `allOf` in place of it; several stay. */
const beside = (allOf: unknown): Part => {
  if (!Array.isArray(allOf)) return {}
  const [only, ...others] = allOf as ReadonlyArray<Part>
  return only !== undefined && others.length === 0 ? only : { allOf }
}
