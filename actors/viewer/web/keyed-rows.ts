/** Rows of a table that stay while their data changes, so that focus, selection and open details are not lost. */

/** Puts these rows into the body in this order: others are removed, and those in place are not moved. */
export const placeRows = (body: HTMLElement, rows: ReadonlyArray<HTMLElement>): void => {
  const wanted = new Set<Element>(rows)
  for (const row of [...body.children]) if (!wanted.has(row)) row.remove()
  let next = body.firstElementChild
  for (const row of rows) {
    if (row === next) next = next.nextElementSibling
    else body.insertBefore(row, next)
  }
}

/** What shows one item: its rows, and the function that shows newer data in them. */
export interface ShownItem<Item> {
  readonly rows: () => ReadonlyArray<HTMLElement>
  readonly show: (item: Item) => void
}

/**
 * The rows of a list of items, one `ShownItem` for each key. Returns a function that shows the next list.
 *
 * @example
 * const show = makeKeyedRows(byId("targets"), ({ target }: TargetStatus) => target, makeTargetRow)
 * show(view.targets)
 */
export const makeKeyedRows = <Item>(
  body: HTMLElement,
  keyOf: (item: Item) => string,
  make: (item: Item) => ShownItem<Item>
) => {
  let shown: ReadonlyMap<string, ShownItem<Item>> = new Map()
  return (items: ReadonlyArray<Item>): void => {
    shown = new Map(
      items.map((item) => {
        const key = keyOf(item)
        const one = shown.get(key) ?? make(item)
        one.show(item)
        return [key, one] as const
      })
    )
    placeRows(
      body,
      [...shown.values()].flatMap((one) => one.rows())
    )
  }
}
