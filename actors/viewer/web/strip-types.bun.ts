/** Strips the types of a TypeScript file on Bun. */

const transpiler = new Bun.Transpiler({ loader: "ts", target: "browser" })

export const stripTypes = (source: string): string => transpiler.transformSync(source)
