/** Builds and finds elements of a page. Text stays text: nothing here parses HTML. */

/** What an element holds: text, a node, or several of both. */
export type Content = string | Node | ReadonlyArray<string | Node>

/** A new element with a class and content; text stays text, whatever it contains. */
export const element = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = "",
  content: Content = ""
): HTMLElementTagNameMap[Name] => {
  const created = document.createElement(name)
  if (className !== "") created.className = className
  if (typeof content === "string") created.textContent = content
  else if (content instanceof Node) created.append(content)
  else created.append(...content)
  return created
}

/** A new button with a click handler. */
export const button = (content: Content, onClick: () => unknown, className = ""): HTMLButtonElement => {
  const created = element("button", className, content)
  created.type = "button"
  created.addEventListener("click", () => {
    void onClick()
  })
  return created
}

/** A new link. */
export const link = (address: string, content: Content, className = ""): HTMLAnchorElement => {
  const created = element("a", className, content)
  created.href = address
  return created
}

/** A name and its content; entries without content are left out. */
export type Definition = readonly [name: string, content: Content | undefined]

/** The `dt` and `dd` elements of a definition list. */
export const definitions = (entries: ReadonlyArray<Definition>): ReadonlyArray<HTMLElement> =>
  entries.flatMap(([name, content]) =>
    content === undefined ? [] : [element("dt", "", name), element("dd", "", content)]
  )

/** The page's element with this id and of this type. Throws when the page has none. */
export const byIdAs = <Type extends Element>(id: string, type: new () => Type): Type => {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  const actual = found === null ? "no such element" : `a ${found.tagName.toLowerCase()}`
  throw new TypeError(`The page needs a ${type.name} with the id "${id}" and has ${actual}.`)
}

/** The page's HTML element with this id. Throws when the page has none. */
export const byId = (id: string): HTMLElement => byIdAs(id, HTMLElement)

/** The nearest HTML element that matches the selector, from an event's target upwards; undefined for none. */
export const closest = (target: EventTarget | null, selector: string): HTMLElement | undefined => {
  const found = target instanceof Element ? target.closest(selector) : null
  return found instanceof HTMLElement ? found : undefined
}
