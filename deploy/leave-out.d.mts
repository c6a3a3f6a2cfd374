export declare const neverReadPaths: ReadonlyArray<string>
