/** Parts of PromQL that the dashboards share. Pure. */

/** A series of the chosen namespaces, with further matchers such as `actor="gateway"`. */
export const series = (name: string, ...matchers: ReadonlyArray<string>): string =>
  `${name}{${['namespace=~"$namespace"', ...matchers].join(", ")}}`

/** What a counter rises by per second, over the interval that fits the panel's resolution. */
export const perSecond = (name: string, ...matchers: ReadonlyArray<string>): string =>
  `rate(${series(name, ...matchers)}[$__rate_interval])`

/** The sum over all copies, by these labels. */
export const sum = (expression: string, ...labels: ReadonlyArray<string>): string =>
  labels.length === 0 ? `sum(${expression})` : `sum by (${labels.join(", ")}) (${expression})`

/** The highest over all copies, by these labels. */
export const max = (expression: string, ...labels: ReadonlyArray<string>): string =>
  labels.length === 0 ? `max(${expression})` : `max by (${labels.join(", ")}) (${expression})`

/** A quantile of a histogram, by these labels. */
export const quantile = (
  share: number,
  histogram: string,
  matchers: string,
  ...labels: ReadonlyArray<string>
) =>
  `histogram_quantile(${share}, ${sum(perSecond(`${histogram}_bucket`, ...(matchers === "" ? [] : [matchers])), "le", ...labels)})`
