/** SVG elements, and changes of elements that are written only when something differs. */

export type Attributes = Readonly<Record<string, string | number>>

/** A new SVG element with a class and attributes. */
export const svgElement = <Name extends keyof SVGElementTagNameMap>(
  name: Name,
  className: string,
  attributes: Attributes = {}
): SVGElementTagNameMap[Name] => {
  const created = document.createElementNS("http://www.w3.org/2000/svg", name)
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

/** Sets a text that differs; an equal one is left alone, so that a selection in it stays and no screen reader repeats it. */
export const setText = (target: Element, text: string): void => {
  if (target.textContent !== text) target.textContent = text
}

/** Sets a data attribute that differs. */
export const setData = (target: HTMLElement | SVGElement, name: string, value: string): void => {
  if (target.dataset[name] !== value) target.dataset[name] = value
}
