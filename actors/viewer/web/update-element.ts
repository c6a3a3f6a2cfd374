/** Small things of SVG, and of elements that change every second. */

/** An element of SVG, with these attributes. */
export const shape = (name, className, attributes = {}) => {
  const made = document.createElementNS(document.querySelector("svg").namespaceURI, name)
  if (className !== "") made.setAttribute("class", className)
  draw(made, attributes)
  return made
}

/** Sets attributes that are not so yet. */
export const draw = (made, attributes) => {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value)
    if (made.getAttribute(name) !== text) made.setAttribute(name, text)
  }
}

/** Sets a text that is not so yet, so that what stays is not touched: neither a selection in it, nor a reader of it. */
export const say = (place, text) => {
  if (place.textContent !== text) place.textContent = text
}

/** Sets a data attribute that is not so yet. */
export const mark = (place, name, value) => {
  if (place.dataset[name] !== value) place.dataset[name] = value
}
