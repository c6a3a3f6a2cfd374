/** The files of `contracts/generated/`: schemas of messages and of rules, the AsyncAPI document and its page, and types for three languages. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { allMessages } from "../../contracts/messages/all-messages.ts"
import { asyncApi } from "./asyncapi/document.ts"
import type { ActorEntry } from "./asyncapi/outside.ts"
import { pretty } from "./json.ts"
import { schemasOf } from "./json-schema.ts"
import { page } from "./page/page.ts"
import { rulesSchema } from "./rules-schema.ts"
import { go } from "./types/go.ts"
import { typesOf } from "./types/model.ts"
import { python } from "./types/python.ts"
import { typescript } from "./types/typescript.ts"

/** The text of each file by its path from `contracts/generated/`; `actors`: those that serve `$SRV`. */
export const generatedFiles = (
  version: string,
  actors: ReadonlyArray<ActorEntry>
): ReadonlyMap<string, string> => {
  const schemas = schemasOf(allMessages)
  const types = typesOf(schemas)
  const document = asyncApi(version, schemas, actors)
  const files = schemas.map(
    ({ message, format, schema }) => [`${message.name}.${format}.json`, pretty(schema)] as const
  )
  return new Map([
    ...files.map(([name, text]) => [`schemas/${name}`, text] as const),
    ["schemas/rules.json", pretty(rulesSchema())],
    ["asyncapi.json", pretty(document)],
    ["index.html", page(document, [...files.map(([name]) => name), "rules.json"])],
    ["page.css", readFileSync(join(import.meta.dirname, "page", "page.css"), "utf8")],
    ["messages.ts", typescript(types)],
    ["messages.py", python(types)],
    ["messages.go", go(types)]
  ])
}
