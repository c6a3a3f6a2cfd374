/** The parts of the Workers runtime that Spoor uses, as types: the runtime brings the module itself. */
declare module "cloudflare:workers" {
  export interface SqlStorage {
    exec<Row extends Record<string, SqlValue>>(
      query: string,
      ...values: ReadonlyArray<SqlValue | Uint8Array>
    ): Iterable<Row> & { readonly toArray: () => Array<Row>; readonly one: () => Row }
  }
  export type SqlValue = string | number | null | ArrayBuffer

  export interface DurableObjectStorage {
    readonly sql: SqlStorage
    readonly getAlarm: () => Promise<number | null>
    /** Milliseconds since 1970. */
    readonly setAlarm: (at: number) => Promise<void>
    /** Resolves when all writes so far are on disk. */
    readonly sync: () => Promise<void>
  }

  export interface DurableObjectState {
    readonly storage: DurableObjectStorage
    /** Requests wait until the promise resolves. */
    readonly blockConcurrencyWhile: <A>(run: () => Promise<A>) => Promise<A>
  }

  /** The methods of the object as its callers see them. */
  export interface DurableObjectNamespace<Methods> {
    readonly idFromName: (name: string) => unknown
    readonly get: (id: unknown) => Methods
  }

  export abstract class DurableObject<Env> {
    protected readonly ctx: DurableObjectState
    protected readonly env: Env
    constructor(ctx: DurableObjectState, env: Env)
  }
}
