/** Strips the types of a TypeScript file on Deno, which has Node's function for it. */
import * as module from "node:module"

export const stripTypes = (source: string): string => module.stripTypeScriptTypes(source)
