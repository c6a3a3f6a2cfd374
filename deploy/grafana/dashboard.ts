/** Dashboards as Grafana 11 and 12 read them (schema 39): types, and functions that build panels and boards. Pure. */

/** One line, or one group of lines, of a panel: PromQL and the text of its legend. */
export interface Query {
  readonly expr: string
  /** Such as `{{topic}}`. */
  readonly legend: string
}

export interface PanelOptions {
  /** What the panel shows and what to conclude from it, for its tooltip. */
  readonly about: string
  /** A unit of Grafana: reqps, s, bytes, percentunit, short. */
  readonly unit?: string
  /** The upper bound of the axis; automatic by default. */
  readonly max?: number
  readonly isStacked?: boolean
  /** Values from which on a number is yellow and red. */
  readonly warn?: number
  readonly bad?: number
  /** Of 24 columns. */
  readonly width?: number
}

export interface Panel {
  readonly type: "timeseries" | "stat" | "row"
  readonly title: string
  readonly queries: ReadonlyArray<Query>
  readonly options: PanelOptions
}

export interface Board {
  /** The name of its file and the end of its uid. */
  readonly name: string
  readonly title: string
  readonly about: string
  /** A variable besides the data source and the namespaces: its name and the labels that it lists. */
  readonly variable?: { readonly name: string; readonly label: string; readonly values: string }
  readonly panels: ReadonlyArray<Panel>
}

/** A query with its legend. */
export const query = (expr: string, legend = ""): Query => ({ expr, legend })

/** Lines over time. */
export const lines = (title: string, options: PanelOptions, ...queries: ReadonlyArray<Query>): Panel => ({
  type: "timeseries",
  title,
  queries,
  options
})

/** One number, the last. */
export const number = (title: string, options: PanelOptions, expr: string): Panel => ({
  type: "stat",
  title,
  queries: [query(expr)],
  options
})

/** A heading, over the panels that follow. */
export const row = (title: string): Panel => ({ type: "row", title, queries: [], options: { about: "" } })

// biome-ignore lint/suspicious/noTemplateCurlyInString: the form in which Grafana writes its variables.
const datasource = { type: "prometheus", uid: "${datasource}" } as const

const thresholds = ({ warn, bad }: PanelOptions) => ({
  mode: "absolute",
  steps: [
    { color: "green", value: null },
    ...(warn === undefined ? [] : [{ color: "yellow", value: warn }]),
    ...(bad === undefined ? [] : [{ color: "red", value: bad }])
  ]
})

const targets = ({ queries, type }: Panel) =>
  queries.map(({ expr, legend }, place) => ({
    refId: String.fromCharCode(65 + place),
    datasource,
    editorMode: "code",
    expr,
    legendFormat: legend === "" ? "__auto" : legend,
    range: type !== "stat",
    instant: type === "stat"
  }))

const fieldConfig = (panel: Panel) => {
  const { unit = "short", max, isStacked = false } = panel.options
  return {
    defaults: {
      unit,
      min: 0,
      ...(max === undefined ? {} : { max }),
      thresholds: thresholds(panel.options),
      color: { mode: panel.type === "stat" ? "thresholds" : "palette-classic" },
      ...(panel.type === "stat"
        ? { noValue: "no figures" }
        : {
            custom: {
              drawStyle: "line",
              lineWidth: 1,
              fillOpacity: isStacked ? 30 : 8,
              showPoints: "never",
              spanNulls: false,
              stacking: { mode: isStacked ? "normal" : "none", group: "A" }
            }
          })
    },
    overrides: []
  }
}

const optionsOf = ({ type }: Panel) =>
  type === "stat"
    ? {
        colorMode: "value",
        graphMode: "none",
        justifyMode: "auto",
        orientation: "auto",
        reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
        textMode: "auto",
        wideLayout: true
      }
    : {
        legend: { calcs: [], displayMode: "list", placement: "bottom", showLegend: true },
        tooltip: { mode: "multi", sort: "desc" }
      }

const heights = { row: 1, stat: 4, timeseries: 8 } as const
const widths = { row: 24, stat: 4, timeseries: 12 } as const

/** The panels in rows of 24 columns, in their order. */
const placed = (panels: ReadonlyArray<Panel>) => {
  let [x, y, height] = [0, 0, 0]
  return panels.map((panel, place) => {
    const w = panel.options.width ?? widths[panel.type]
    const h = heights[panel.type]
    if (x + w > 24) [x, y, height] = [0, y + height, 0]
    const gridPos = { x, y, w, h }
    ;[x, height] = [x + w, Math.max(height, h)]
    const common = { id: place + 1, type: panel.type, title: panel.title, gridPos }
    return panel.type === "row"
      ? { ...common, collapsed: false, panels: [] }
      : {
          ...common,
          description: panel.options.about,
          datasource,
          fieldConfig: fieldConfig(panel),
          options: optionsOf(panel),
          targets: targets(panel)
        }
  })
}

/** A variable whose values are those of a label. */
const labelVariable = (name: string, label: string, values: string, hasAll: boolean) => ({
  name,
  label,
  type: "query",
  datasource,
  definition: values,
  query: { qryType: 1, query: values, refId: "PrometheusVariableQueryEditor-VariableQuery" },
  refresh: 2,
  regex: "",
  sort: 1,
  hide: 0,
  multi: hasAll,
  includeAll: hasAll,
  // Processes outside Kubernetes have no namespace: `.*` matches a missing label too.
  ...(hasAll ? { allValue: ".*", current: { text: ["All"], value: ["$__all"] } } : { current: {} }),
  options: []
})

const variablesOf = ({ variable }: Board) => [
  {
    name: "datasource",
    label: "Data source",
    type: "datasource",
    query: "prometheus",
    refresh: 1,
    regex: "",
    hide: 0,
    multi: false,
    includeAll: false,
    current: {},
    options: []
  },
  labelVariable("namespace", "Namespace", "label_values(spoor_build_info, namespace)", true),
  ...(variable === undefined ? [] : [labelVariable(variable.name, variable.label, variable.values, false)])
]

/** Firing alerts as marks on every chart. */
const alertMarks = {
  name: "Alerts",
  enable: true,
  iconColor: "red",
  datasource,
  expr: 'ALERTS{alertstate="firing", alertname=~"Spoor.*"}',
  step: "60s",
  titleFormat: "{{alertname}}",
  textFormat: "{{severity}}"
}

/** The board as the JSON that Grafana imports. */
export const dashboardJson = (board: Board) => ({
  uid: `spoor-${board.name}`,
  title: `Spoor: ${board.title}`,
  description: board.about,
  tags: ["spoor"],
  schemaVersion: 39,
  version: 1,
  editable: true,
  graphTooltip: 1,
  refresh: "30s",
  time: { from: "now-1h", to: "now" },
  timezone: "browser",
  annotations: { list: [alertMarks] },
  links: [
    {
      type: "dashboards",
      title: "Spoor",
      tags: ["spoor"],
      asDropdown: false,
      includeVars: true,
      keepTime: true,
      targetBlank: false
    }
  ],
  templating: { list: variablesOf(board) },
  panels: placed(board.panels)
})
