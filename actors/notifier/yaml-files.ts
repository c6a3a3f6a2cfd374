/** YAML files of a folder, or those that come with Spoor, each checked by a schema. Read once. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Result, Schema } from "effect"
import { type SourceFolder, sourceFolder } from "../../bridge/bundled-files.ts"
import { Failure } from "../../contracts/failure.ts"
import { messageOf } from "../rules/problem.ts"
import { parseYaml } from "../rules/yaml.ts"

/** Parsed files by their name without `.yaml`. */
export type YamlFiles<A> = ReadonlyMap<string, A>

/** The bundled files of a folder beside this file. */
export const bundledFiles = <A>(
  folder: "texts" | "channels",
  schema: Schema.Codec<A, unknown>
): YamlFiles<A> =>
  filesIn(
    sourceFolder(`notifier-${folder}`, join(import.meta.dirname, folder)),
    schema,
    `The bundled ${folder}`
  )

/** The files of the folder that a setting names. Throws `Failure` "misconfigured" with a sentence that names the file. */
export const filesOf = <A>(
  setting: string,
  folder: string,
  schema: Schema.Codec<A, unknown>
): YamlFiles<A> => {
  try {
    const names = readdirSync(folder)
    return filesIn({ names, path: (name) => join(folder, name) }, schema, setting)
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw misconfigured(`${setting}: the folder "${folder}" cannot be read.`)
  }
}

const filesIn = <A>(folder: SourceFolder, schema: Schema.Codec<A, unknown>, whose: string): YamlFiles<A> => {
  const decode = Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })
  const read = (file: string): A => {
    try {
      const decoded = decode(parseYaml(readFileSync(folder.path(file), "utf8")).value)
      if (Result.isSuccess(decoded)) return decoded.success
      throw new Error(decoded.failure.message.replaceAll(/\s*\n\s*/g, " "))
    } catch (cause) {
      throw misconfigured(`${whose}: ${file}: ${messageOf(cause)}`)
    }
  }
  return new Map(
    folder.names
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => [file.slice(0, -".yaml".length), read(file)] as const)
  )
}

const misconfigured = (message: string): Failure => new Failure({ reason: "misconfigured", message })
