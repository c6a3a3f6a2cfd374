/** The types of csv.js, for the server, which writes its files with it. */

export type Cell = string | number | undefined

/** One row with its line end. */
export declare const csvLine: (row: ReadonlyArray<Cell>) => string

/** Several rows; the first holds the names. */
export declare const csvOf: (rows: ReadonlyArray<ReadonlyArray<Cell>>) => string

/** Pairs of names and values, under the names `name` and `value`. */
export declare const pairsCsv: (pairs: ReadonlyArray<readonly [name: string, value: string]>) => string
