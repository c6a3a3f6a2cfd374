/** SVG elements, and changes of elements that are written only when something differs. */

export type Attributes = Readonly<Record<string, string | number>>

/** A new SVG element with a class and attributes. The namespace is taken from an SVG element of the page, so that the code contains no address. */
export const svgElement = (name: string, className: string, attributes: Attributes = {}): SVGElement => {
  const namespace = document.querySelector("svg")?.namespaceURI ?? null
  const created = document.createElementNS(namespace, name)
  if (!(created instanceof SVGElement)) throw new TypeError("The page needs an svg element to draw in.")
  if (className !== "") created.setAttribute("class", className)
  setAttributes(created, attributes)
  return created
}

/** Sets attributes that differ. */
export const setAttributes = (target: Element, attributes: Attributes): void => {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value)
    if (target.getAttribute(name) !== text) target.setAttribute(name, text)
  }
}

/** Sets a text that differs; an equal text is not written again, so that a selection in it stays and no screen reader repeats it. */
export const setText = (target: Element, text: string): void => {
  if (target.textContent !== text) target.textContent = text
}

/** Sets a data attribute that differs. */
export const setData = (target: HTMLElement | SVGElement, name: string, value: string): void => {
  if (target.dataset[name] !== value) target.dataset[name] = value
}
